using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Server.Security;
using Hub.Shared.Api;
using MessagePack;
using MessagePack.Resolvers;
using Microsoft.AspNetCore.SignalR;

namespace Hub.Server.Streaming;

/// <summary>Registers the live hub.</summary>
internal static class StreamingRegistration
{
    /// <summary>A filter is small; whoever sends more is cut off (SignalR's own limit, said here so that it stays).</summary>
    private const int MaxReceivedBytes = 32 * 1024;

    /// <param name="services">Where to register.</param>
    /// <param name="overview">Where the overview comes from.</param>
    public static IServiceCollection AddStreaming(this IServiceCollection services, Func<IServiceProvider, OverviewSource> overview)
    {
        services.AddSingleton<LiveMetrics>();
        services.AddSingleton<OverviewWatchers>();
        services.AddSingleton(overview);
        services.AddHostedService<LiveBroadcaster>();
        services.AddSingleton<FailedCalls>();
        services.AddLogging(logging => logging.AddFilter(FailedCalls.FrameworkCategory, LogLevel.None));
        services.AddSignalR(options =>
            {
                options.AddFilter<FailedCalls>();
                options.MaximumReceiveMessageSize = MaxReceivedBytes;
                options.EnableDetailedErrors = false;
                // No reconnect with state: it would buffer on the server for a client that is gone.
                options.StatefulReconnectBufferSize = 0;
            })
            .AddJsonProtocol(options => Shape(options.PayloadSerializerOptions))
            .AddMessagePackProtocol(options => options.SerializerOptions = MessagePackOptions());
        return services;
    }

    public static IEndpointRouteBuilder MapStreaming(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHub<LiveHub>(ApiRoutes.LiveHub, options =>
            {
                options.AllowStatefulReconnects = false;
                options.CloseOnAuthenticationExpiration = true;
                // What may wait in memory for a client that does not read; then its stream stands still.
                options.TransportMaxBufferSize = 64 * 1024;
                options.ApplicationMaxBufferSize = MaxReceivedBytes;
            })
            .RequireAuthorization(AccessPolicies.ServiceConnect)
            .RequireOwnOrigin();
        return endpoints;
    }

    /// <summary>The shape of the contracts in both protocols.</summary>
    internal static MessagePackSerializerOptions MessagePackOptions()
    {
        var json = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Shape(json);
        return MessagePackSerializerOptions.Standard
            .WithResolver(CompositeResolver.Create(new JsonShapedResolver(json), ContractlessStandardResolver.Instance))
            .WithSecurity(MessagePackSecurity.UntrustedData);
    }

    private static void Shape(JsonSerializerOptions options)
    {
        // A misspelt filter would otherwise show everything.
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.MaxDepth = 64;
    }
}
