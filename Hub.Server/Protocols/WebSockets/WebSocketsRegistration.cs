namespace Hub.Server.Protocols.WebSockets;

/// <summary>Brings the WebSocket door into the hub.</summary>
internal static class WebSocketsRegistration
{
    /// <summary>Where clients of the wire contract knock; matched without case.</summary>
    public const string Path = "/$iothub/websocket";

    public static IServiceCollection AddWebSocketDoor(this IServiceCollection services) => services.AddSingleton<WebSocketDoor>();

    public static IEndpointRouteBuilder MapWebSocketDoor(this IEndpointRouteBuilder endpoints)
    {
        var door = endpoints.ServiceProvider.GetRequiredService<WebSocketDoor>();
        var pipeline = endpoints.CreateApplicationBuilder();
        pipeline.UseWebSockets().Run(door.AcceptAsync);
        endpoints.Map(Path, pipeline.Build())
            .WithDisplayName("WebSocket door")
            .ExcludeFromDescription()
            // The protocol inside authenticates its peer.
            .AllowAnonymous();
        return endpoints;
    }
}
