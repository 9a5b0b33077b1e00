using Hub.Server.Api;
using Hub.Server.Messaging;
using Hub.Server.Operations;
using Hub.Server.Protocols.Http;
using Hub.Server.Protocols.Mqtt;
using Hub.Server.Protocols.WebSockets;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Storage;
using Hub.Server.Storage.Telemetry;
using Hub.Server.Streaming;
using Hub.Shared.Operations;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Hub.Server;

/// <summary>The composition root, to be read as a table of contents; the only place that knows every room.</summary>
internal static class HubApplication
{
    /// <summary>Makes the hub, ready to be started.</summary>
    /// <exception cref="StartupException">The configuration cannot be used; the message says which key and how to mend it.</exception>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        if (KnownKeys.FindUnknown(builder.Configuration) is { } unknown)
            throw new StartupException($"The setting {unknown} is unknown: correct its name, or remove it (docs/configuration.md lists all).");

        AddDoors(builder);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(8));

        // The rooms. Hosted services start in this order and stop in the reverse one: stores first, doors last.
        builder.Services.AddRegistry();
        builder.Services.AddControlStore();
        builder.Services.AddTelemetryLog();
        builder.Services.AddSecurity(builder.Configuration);
        builder.Services.AddMessaging();
        builder.Services.AddOperations(builder.Configuration);
        builder.Services.AddApi();
        builder.Services.AddStreaming(provider => provider.GetRequiredService<OverviewCollector>().CollectAsync);
        builder.Services.AddHttpHead();
        builder.Services.AddWebSocketDoor();
        builder.Services.AddMqttHead();

        var app = builder.Build();
        // MQTT over WebSocket: the one place where a head meets the shared door.
        app.Services.GetRequiredService<WebSocketDoor>().Register("mqtt", app.Services.GetRequiredService<MqttProtocolHead>().OnConnectedAsync);

        app.UseHubSecurity();
        app.MapPortal();
        app.MapApi();
        app.MapSession();
        app.MapStreaming();
        app.MapOperations();
        app.MapHttpHead();
        app.MapWebSocketDoor();
        app.Lifetime.ApplicationStarted.Register(() => Announcement.Write(app));
        return app;
    }

    private static void AddDoors(WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection(EndpointOptions.Section).Get<EndpointOptions>() ?? new EndpointOptions();
        var doors = Door.Parse(options);
        Door.CheckPlain(doors, options);
        var keeper = new DoorKeeper(doors);
        builder.Services.AddSingleton(keeper);
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.UseUrls();
        builder.Services.Configure<KestrelServerOptions>(keeper.Configure);
        builder.Services.Configure<SocketTransportOptions>(transport =>
        {
            // What a peer may have sent unread; it bounds what an unauthenticated one costs (promise P-7).
            transport.MaxReadBufferSize = 64 * 1024;
            transport.MaxWriteBufferSize = 64 * 1024;
            transport.Backlog = 4096;
        });
    }
}
