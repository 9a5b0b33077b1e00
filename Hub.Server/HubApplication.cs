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
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Hub.Server;

/// <summary>The composition root, to be read as a table of contents; the only place that knows every room.</summary>
internal static class HubApplication
{
    /// <summary>Makes the hub on its data directory, ready to be started. Disposing it gives the directory free.</summary>
    /// <exception cref="StartupException">The configuration cannot be used; the message says which key and how to mend it.</exception>
    /// <exception cref="StorageUnusableException">The data directory cannot be used.</exception>
    public static WebApplication Build(string[] args) => Build(args, static _ => { });

    /// <param name="args">Settings, as on the command line.</param>
    /// <param name="add">Adds services of the caller's own.</param>
    internal static WebApplication Build(string[] args, Action<IServiceCollection> add) => Build(args, DataDirectory.Acquire, builder =>
    {
        add(builder.Services);
        return Build(builder);
    });

    /// <summary>
    /// Only the rooms that keep devices and policies, for a command that reads there and starts nothing: what concerns the others, such
    /// as the doors or the stored telemetry, neither matters to it nor is judged.
    /// </summary>
    /// <param name="args">Settings, as on the command line.</param>
    /// <param name="open">How to open the data directory.</param>
    public static WebApplication BuildControl(string[] args, Func<HubOptions, DataDirectory> open) => Build(args, open, builder =>
    {
        builder.Services.AddRegistry();
        builder.Services.AddControlStore();
        builder.Services.AddSecurity(builder.Configuration);
        return builder.Build();
    });

    private static WebApplication Build(string[] args, Func<HubOptions, DataDirectory> open, Func<WebApplicationBuilder, WebApplication> make)
    {
        var builder = CreateBuilder(args);
        if (KnownKeys.FindFault(builder.Configuration) is { } fault)
            throw new StartupException(fault);
        var hub = builder.Configuration.GetSection(HubOptions.Section).Get<HubOptions>() ?? new HubOptions();
        if (new SettingsValidator<HubOptions>(HubOptions.Section).Validate(null, hub) is { Failed: true } judged)
            throw new StartupException(string.Join(Environment.NewLine, judged.Failures));

        // Taken before anything is read or written there.
        var directory = open(hub);
        try
        {
            builder.Services.AddSingleton(_ => directory);
            var app = make(builder);
            _ = app.Services.GetRequiredService<DataDirectory>();
            return app;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static WebApplicationBuilder CreateBuilder(string[] args)
    {
        if (SettingArguments.FindFault(args) is { } fault)
            throw new StartupException(fault);
        try
        {
            return WebApplication.CreateBuilder(new WebApplicationOptions
            {
                Args = args,
                ContentRootPath = AppContext.BaseDirectory,
                // Whatever program runs the hub, its own list of web assets counts.
                ApplicationName = typeof(HubApplication).Assembly.GetName().Name,
            });
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The settings cannot be read. {exception.Message} {exception.GetBaseException().Message} Correct that file.", exception);
        }
    }

    private static WebApplication Build(WebApplicationBuilder builder)
    {
        AddDoors(builder);
        // What stops a start is told in a sentence (HubProgram); the host's own report of it would add a stack trace.
        var started = false;
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => started && level >= LogLevel.Information);
        // Unless the settings say otherwise: a line without its time is of little use to whoever reads it a day later.
        builder.Services.PostConfigure<SimpleConsoleFormatterOptions>(console =>
        {
            if (console.TimestampFormat is null)
                (console.TimestampFormat, console.UseUtcTimestamp) = ("yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", true);
        });
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(options =>
        {
            options.ShutdownTimeout = TimeSpan.FromSeconds(8);
            // The host would stop and say that all went well; ServiceWatch stops it and remembers why.
            options.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore;
        });

        // The rooms. Hosted services start in this order and stop in the reverse one: stores first, doors last.
        builder.Services.AddRegistry();
        builder.Services.AddControlStore();
        builder.Services.AddTelemetryLog();
        builder.Services.AddSecurity(builder.Configuration);
        builder.Services.AddMessaging();
        builder.Services.AddOperations(builder.Configuration);
        builder.Services.AddDiskGuard();
        builder.Services.AddApi();
        builder.Services.AddStreaming(provider => provider.GetRequiredService<OverviewCollector>().Current);
        builder.Services.AddHttpHead();
        builder.Services.AddWebSocketDoor();
        builder.Services.AddMqttHead();
        builder.Services.AddHostedService<DoorsOpened>();
        builder.Services.AddSingleton<ServiceWatch>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<ServiceWatch>());

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
        app.Lifetime.ApplicationStarted.Register(() => started = true);
        return app;
    }

    private static void AddDoors(WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection(EndpointOptions.Section).Get<EndpointOptions>() ?? new EndpointOptions();
        var doors = Door.Parse(options);
        Door.CheckPlain(doors, options);
        Door.CheckDistinct(doors);
        var keeper = new DoorKeeper(doors);
        builder.Services.AddSingleton(keeper);
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.UseUrls();
        // These options are made first, while the application is built, and need those of a room. Judged before that, all rooms' faults
        // are told at once.
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IStartupValidator>((kestrel, settings) =>
        {
            settings.Validate();
            keeper.Configure(kestrel);
        });
        builder.Services.Configure<SocketTransportOptions>(transport =>
        {
            // What a peer may have sent unread; it bounds what an unauthenticated one costs (promise P-7).
            transport.MaxReadBufferSize = 64 * 1024;
            transport.MaxWriteBufferSize = 64 * 1024;
            transport.Backlog = 4096;
        });
    }
}
