using Hub.Server.Registry;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Hub.Server.Api;

/// <summary>The keys and tokens of a device, for those who may change the registry. Every look is audited.</summary>
internal static class DeviceSecretEndpoints
{
    private const string NoKeys = "The device has no symmetric keys.";
    private static readonly TimeSpan LeastLifetime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan GreatestLifetime = TimeSpan.FromDays(365);

    public static void MapDeviceSecrets(this RouteGroupBuilder devices)
    {
        devices.MapGet("/{id}/keys", GetKeysAsync).WithName("GetDeviceKeys").WithSummary("Show the keys of a device");
        devices.MapPost("/{id}/keys/{slot}/rotate", RotateKeyAsync).WithName("RotateDeviceKey").WithSummary("Make the primary or the secondary key anew");
        devices.MapPost("/{id}/token", CreateTokenAsync).WithName("CreateDeviceToken").WithSummary("Make a token with which the device can connect");
    }

    private static async Task<Results<Ok<DeviceKeys>, ProblemHttpResult>> GetKeysAsync(
        DeviceId id, HttpContext context, DeviceRegistry registry, IOptions<HubOptions> hub, CancellationToken cancellationToken)
    {
        var (keys, fault) = KeysOf(id, await registry.FindAsync(id, cancellationToken));
        // Before they are given out: what could not be noted is not shown.
        await context.AuditAsync("device.keys.read", id.Value, keys is not null, keys is null ? fault.Sentence : null);
        return keys is not null ? TypedResults.Ok(Show(context, id, keys, hub.Value)) : ApiProblem.Of(fault);
    }

    private static async Task<Results<Ok<DeviceKeys>, ProblemHttpResult>> RotateKeyAsync(
        DeviceId id, string slot, HttpContext context, DeviceRegistry registry, IOptions<HubOptions> hub, CancellationToken cancellationToken)
    {
        if (slot is not ("primary" or "secondary"))
            return ApiProblem.Invalid("The key is primary or secondary.");
        var result = await registry.RotateKeyAsync(id, slot == "primary" ? KeySlot.Primary : KeySlot.Secondary, cancellationToken);
        await context.AuditAsync("device.keys.rotate", id.Value, result is RegistryResult.Done, result.FaultFor(id)?.Sentence ?? slot);
        return result is RegistryResult.Done { Device.Credentials: DeviceCredentials.SymmetricKeys keys }
            ? TypedResults.Ok(Show(context, id, keys, hub.Value))
            : ApiProblem.Of(result, id);
    }

    private static async Task<Results<Ok<DeviceToken>, ProblemHttpResult>> CreateTokenAsync(
        DeviceId id, [FromBody] DeviceTokenRequest request, HttpContext context, DeviceRegistry registry, IOptions<HubOptions> hub, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (request.TimeToLive < LeastLifetime || request.TimeToLive > GreatestLifetime)
            return ApiProblem.Invalid("timeToLive is a minute to 365 days, such as \"01:00:00\" or \"30.00:00:00\".");
        var (keys, fault) = KeysOf(id, await registry.FindAsync(id, cancellationToken));
        await context.AuditAsync("device.token.create", id.Value, keys is not null, keys is null ? fault.Sentence : null);
        return keys is not null ? TypedResults.Ok(Sign(context, id, keys, hub.Value, time.GetUtcNow() + request.TimeToLive)) : ApiProblem.Of(fault);
    }

    /// <summary>The keys of a device; null, with the reason, when there are none to show.</summary>
    private static (DeviceCredentials.SymmetricKeys? Keys, (ErrorCode Code, string Sentence) Fault) KeysOf(DeviceId id, Device? device) => device switch
    {
        null => (null, RegistryResult.NotFound.FaultOf(id)),
        { Credentials: DeviceCredentials.SymmetricKeys keys } => (keys, default),
        _ => (null, (ErrorCode.InvalidOperation, NoKeys)),
    };

    private static DeviceKeys Show(HttpContext context, DeviceId id, DeviceCredentials.SymmetricKeys keys, HubOptions hub)
    {
        context.Response.Headers.CacheControl = "no-store";
        var primary = keys.Primary.ToBase64();
        return new DeviceKeys(primary, keys.Secondary.ToBase64(), new DeviceConnectionString(hub.HostName, id, primary).ToText());
    }

    private static DeviceToken Sign(HttpContext context, DeviceId id, DeviceCredentials.SymmetricKeys keys, HubOptions hub, DateTimeOffset expiresAt)
    {
        context.Response.Headers.CacheControl = "no-store";
        // A token counts whole seconds; what is told is what holds.
        var seconds = DateTimeOffset.FromUnixTimeSeconds(expiresAt.ToUnixTimeSeconds());
        return new DeviceToken(SharedAccessSignature.Create($"{hub.HostName}/devices/{id.Value}", keys.Primary.ToBase64(), seconds), seconds);
    }
}
