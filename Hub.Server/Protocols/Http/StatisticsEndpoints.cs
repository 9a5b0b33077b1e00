using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Server.Security;

namespace Hub.Server.Protocols.Http;

/// <summary>How many devices there are (wire contract, section 5.2).</summary>
internal static class StatisticsEndpoints
{
    public static void MapStatistics(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/statistics/devices", CountDevicesAsync).RequireAuthorization(AccessPolicies.RegistryRead);
        endpoints.MapGet("/statistics/service", CountConnected).RequireAuthorization(AccessPolicies.RegistryRead);
        endpoints.MapOtherMethods("/statistics/devices", "GET");
        endpoints.MapOtherMethods("/statistics/service", "GET");
    }

    private static async Task<IResult> CountDevicesAsync(DeviceRegistry registry, CancellationToken cancellationToken)
    {
        var counts = await registry.CountAsync(cancellationToken);
        return Results.Json(new DeviceStatistics(counts.Total, counts.Enabled, counts.Disabled), ContractJson.Options);
    }

    private static IResult CountConnected(SessionTable sessions) =>
        Results.Json(new ServiceStatistics(sessions.Count), ContractJson.Options);

    private sealed record DeviceStatistics(int TotalDeviceCount, int EnabledDeviceCount, int DisabledDeviceCount);

    private sealed record ServiceStatistics(int ConnectedDeviceCount);
}
