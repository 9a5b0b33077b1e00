using System.Globalization;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.Devices;

namespace Hub.Server.Protocols.Http;

/// <summary>The registry, one device at a time (wire contract, section 5.2).</summary>
internal static class RegistryEndpoints
{
    public const int MaxListed = 1000;

    private const string Device = "/devices/{id}";
    private const int MaxBodyBytes = 64 * 1024;

    public static void MapRegistry(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/devices", ListAsync).RequireAuthorization(AccessPolicies.RegistryRead);
        endpoints.MapGet(Device, GetAsync).RequireAuthorization(AccessPolicies.RegistryRead);
        endpoints.MapPut(Device, PutAsync).RequireAuthorization(AccessPolicies.RegistryReadWrite);
        endpoints.MapDelete(Device, DeleteAsync).RequireAuthorization(AccessPolicies.RegistryReadWrite);
        endpoints.MapOtherMethods(Device, "GET, PUT, DELETE");
    }

    /// <summary>Why a change was refused; null when it was not.</summary>
    public static ContractError? ErrorFor(RegistryResult result, DeviceId id) =>
        result.FaultFor(id) is { } fault ? Refusal(fault) : null;

    private static ContractError Refusal((ErrorCode Code, string Sentence) fault) => new(fault.Code, fault.Sentence);

    private static async Task<IResult> GetAsync(HttpContext context, DeviceRegistry registry, SessionTable sessions, CancellationToken cancellationToken)
    {
        if (!ContractRequest.TryGetDeviceId(context, out var id))
            return ContractRequest.InvalidDeviceId();
        return await registry.FindAsync(id, cancellationToken) is { } device
            ? Json(DeviceDocumentMapper.ToDocument(device, sessions))
            : Refusal(RegistryResult.NotFound.FaultOf(id));
    }

    private static async Task<IResult> ListAsync(HttpContext context, DeviceRegistry registry, SessionTable sessions, CancellationToken cancellationToken)
    {
        var limit = MaxListed;
        if (context.Request.Query.TryGetValue("top", out var top))
        {
            if (!long.TryParse(top, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) || asked < 1)
                return new ContractError(ErrorCode.ArgumentInvalid, $"top is a number from 1 to {MaxListed}.");
            limit = (int)Math.Min(asked, MaxListed);
        }

        var page = await registry.ListAsync(new DeviceQuery { Limit = limit }, cancellationToken);
        return Json(page.Items.Select(device => DeviceDocumentMapper.ToDocument(device, sessions)).ToArray());
    }

    private static async Task<IResult> PutAsync(
        HttpContext context, DeviceRegistry registry, SessionTable sessions, AuditTrail audit, CancellationToken cancellationToken)
    {
        if (!ContractRequest.TryGetDeviceId(context, out var id))
            return ContractRequest.InvalidDeviceId();
        var (document, unreadable) = await ContractRequest.ReadJsonAsync<DeviceDocument>(context.Request, MaxBodyBytes);
        if (document is null)
            return unreadable!;
        if (document.DeviceId is { } named && named != id.Value)
            return new ContractError(ErrorCode.ArgumentInvalid, "The deviceId of the body is not that of the path.");
        if (document.Capabilities?.IotEdge == true)
            return new ContractError(ErrorCode.ArgumentInvalid, "This hub serves no edge devices, leave capabilities.iotEdge false.");
        var (change, fault) = DeviceDocumentMapper.ToChange(document.Status, document.StatusReason, document.Authentication);
        if (change is null)
            return new ContractError(ErrorCode.ArgumentInvalid, fault!);

        // Without If-Match the device is to be created; with it, changed.
        var ifMatch = ContractRequest.IfMatch(context.Request);
        var result = ifMatch is null
            ? await registry.CreateAsync(id, change, cancellationToken)
            : await registry.UpdateAsync(id, change, ETagOrAny(ifMatch), cancellationToken);

        var done = result as RegistryResult.Done;
        var error = ErrorFor(result, id);
        await audit.RecordAsync(context, ifMatch is null ? "device.create" : "device.update", id.Value, done is not null, error?.Sentence);
        return done is null ? error! : Json(DeviceDocumentMapper.ToDocument(done.Device, sessions));
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, DeviceRegistry registry, AuditTrail audit, CancellationToken cancellationToken)
    {
        if (!ContractRequest.TryGetDeviceId(context, out var id))
            return ContractRequest.InvalidDeviceId();
        if (ContractRequest.IfMatch(context.Request) is not { } ifMatch)
            return new ContractError(ErrorCode.PreconditionFailed, "Deleting needs If-Match, with the etag of the device or *.");

        var result = await registry.DeleteAsync(id, ETagOrAny(ifMatch), cancellationToken);
        var error = ErrorFor(result, id);
        await audit.RecordAsync(context, "device.delete", id.Value, error is null, error?.Sentence);
        return error is null ? Results.NoContent() : error;
    }

    private static string? ETagOrAny(string ifMatch) => ifMatch == "*" ? null : ifMatch;

    /// <summary>No ETag header: the .NET client would take it, with its quotes, in place of the body's etag.</summary>
    private static IResult Json<T>(T value) => Results.Json(value, ContractJson.Options);
}
