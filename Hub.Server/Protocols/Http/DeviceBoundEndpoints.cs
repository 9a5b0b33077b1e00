using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Security.Web;

namespace Hub.Server.Protocols.Http;

/// <summary>Where devices fetch and settle their messages over HTTPS, and where a service purges a queue (wire contract, sections 5.1 and 2.9).</summary>
internal static class DeviceBoundEndpoints
{
    private const string Receive = "/devices/{id}/messages/devicebound";
    private const string Settle = Receive + "/{token}";
    private const string Abandon = Settle + "/abandon";
    private const string Commands = "/devices/{id}/commands";

    public static void MapDeviceBound(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Receive, ReceiveAsync).AllowAnonymous().WithMetadata(new DeviceSignature());
        endpoints.MapDelete(Settle, SettleAsync).AllowAnonymous().WithMetadata(new DeviceSignature());
        endpoints.MapPost(Abandon, AbandonAsync).AllowAnonymous().WithMetadata(new DeviceSignature());
        endpoints.MapDelete(Commands, PurgeAsync).RequireAuthorization(AccessPolicies.ServiceConnect);
        endpoints.MapOtherMethods(Receive, "GET");
        endpoints.MapOtherMethods(Settle, "DELETE");
        endpoints.MapOtherMethods(Abandon, "POST");
        endpoints.MapOtherMethods(Commands, "DELETE");
    }

    private static async Task<IResult> ReceiveAsync(HttpContext context, DeviceBoundReceive receive, CancellationToken cancellationToken) =>
        ContractRequest.TryGetDeviceId(context, out var id) ? await receive.ReceiveAsync(context, id, cancellationToken) : ContractRequest.InvalidDeviceId();

    /// <summary>Completes, or rejects where the query has that word; clients send it without a value.</summary>
    private static async Task<IResult> SettleAsync(HttpContext context, string token, DeviceBoundReceive receive, CancellationToken cancellationToken)
    {
        var kind = context.Request.Query.ContainsKey("reject") ? SettlementKind.Reject : SettlementKind.Complete;
        return ContractRequest.TryGetDeviceId(context, out var id)
            ? await receive.SettleAsync(context, id, token, kind, cancellationToken)
            : ContractRequest.InvalidDeviceId();
    }

    private static async Task<IResult> AbandonAsync(HttpContext context, string token, DeviceBoundReceive receive, CancellationToken cancellationToken) =>
        ContractRequest.TryGetDeviceId(context, out var id)
            ? await receive.SettleAsync(context, id, token, SettlementKind.Abandon, cancellationToken)
            : ContractRequest.InvalidDeviceId();

    private static async Task<IResult> PurgeAsync(HttpContext context, DeviceRegistry registry, DeviceBoundQueue queue, AuditTrail audit, CancellationToken cancellationToken)
    {
        if (!ContractRequest.TryGetDeviceId(context, out var id))
            return ContractRequest.InvalidDeviceId();
        if (await registry.FindAsync(id, cancellationToken) is null)
            return RegistryEndpoints.ErrorFor(new RegistryResult.NotFound(), id)!;
        var purged = await queue.PurgeAsync(id, context.ActorName(), cancellationToken);
        await audit.RecordAsync(context, "c2d.purge", id.Value, succeeded: true, $"{purged} messages");
        return Results.Json(new PurgeDocument(purged, id.Value, null), ContractJson.Options);
    }

    private sealed record PurgeDocument(int TotalMessagesPurged, string DeviceId, string? ModuleId);
}
