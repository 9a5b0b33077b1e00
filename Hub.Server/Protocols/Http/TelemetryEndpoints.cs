using Hub.Server.Security.Web;

namespace Hub.Server.Protocols.Http;

/// <summary>Where devices send telemetry over HTTPS (wire contract, sections 1.5 and 5.1).</summary>
internal static class TelemetryEndpoints
{
    private const string Events = "/devices/{id}/messages/events";

    public static void MapTelemetry(this IEndpointRouteBuilder endpoints)
    {
        // Devices are not among the users that the server's authentication knows: TelemetryPost asks the device authenticator itself.
        endpoints.MapPost(Events, PostAsync).AllowAnonymous().WithMetadata(new DeviceSignature());
        endpoints.MapOtherMethods(Events, "POST");
    }

    private static async Task<IResult> PostAsync(HttpContext context, TelemetryPost post, CancellationToken cancellationToken) =>
        ContractRequest.TryGetDeviceId(context, out var id)
            ? await post.AcceptAsync(context, id, cancellationToken)
            : ContractRequest.InvalidDeviceId();
}
