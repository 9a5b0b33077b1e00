namespace Hub.Server.Protocols.Http;

/// <summary>Brings the wire contract's REST into the hub.</summary>
internal static class HttpRegistration
{
    public static IServiceCollection AddHttpHead(this IServiceCollection services) => services
        .AddSingleton<HttpDeviceAuthentication>().AddSingleton<TelemetryPost>().AddSingleton<DeviceBoundReceive>();

    public static IEndpointRouteBuilder MapHttpHead(this IEndpointRouteBuilder endpoints)
    {
        var contract = endpoints.MapContract();
        contract.MapTelemetry();
        contract.MapDeviceBound();
        contract.MapFeedback();
        contract.MapRegistry();
        contract.MapBulkRegistry();
        contract.MapQuery();
        contract.MapStatistics();
        contract.MapUnknownPaths();
        return endpoints;
    }
}
