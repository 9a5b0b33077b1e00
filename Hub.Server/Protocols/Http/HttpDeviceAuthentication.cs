using Hub.Server.Messaging.Sessions;
using Hub.Server.Security;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.Devices;

namespace Hub.Server.Protocols.Http;

/// <summary>
/// Asks who sends a device's request: every request proves it anew. Devices are not among the users that the server's authentication
/// knows. Singleton; safe from any thread.
/// </summary>
internal sealed class HttpDeviceAuthentication(DeviceAuthenticator authenticator, ConnectionHistoryWriter history, DeviceRefusals refusals)
{
    /// <summary>Who sends, or the error to answer with; then whom it concerns finds the reason in the device's history.</summary>
    public async ValueTask<(DeviceAuthentication.Accepted? Accepted, ContractError? Error)> AuthenticateAsync(
        HttpContext context, DeviceId id, CancellationToken cancellationToken)
    {
        var answer = await authenticator.AuthenticateAsync(RequestOf(context, id), cancellationToken);
        if (answer is DeviceAuthentication.Refused refused)
        {
            refusals.Refused(PeerOf(context, id), refused.Reason, refused.DeviceExists);
            return (null, ErrorFor(refused));
        }

        var accepted = (DeviceAuthentication.Accepted)answer;
        history.RecordActivity(accepted.Device.Id, accepted.Device.GenerationId);
        return (accepted, null);
    }

    /// <summary>Keeps what a device did wrong, which somebody has to mend there.</summary>
    public void NoteFault(HttpContext context, DeviceId id, ContractError error) => refusals.Refused(PeerOf(context, id), error.Sentence, isRegistered: true);

    /// <summary>Where the request came from, as the history names it.</summary>
    public static string ProtocolOf(HttpContext context) => context.Request.IsHttps ? "HTTPS" : "HTTP";

    private static DeviceAuthenticationRequest RequestOf(HttpContext context, DeviceId id) => new(
        id,
        // The Host header names where the peer dialled, which may be a gateway: the token says for which hub it is.
        HostName: null,
        context.Request.Headers.Authorization.Count == 1 ? context.Request.Headers.Authorization[0] : null,
        context.Connection.ClientCertificate,
        context.SourceAddress());

    private static RefusedPeer PeerOf(HttpContext context, DeviceId id) => new(context.Connection.Id, id, ProtocolOf(context), context.SourceAddress());

    /// <summary>The peer hears no more than that it may not (decision 29), or that it must wait; with a genuine credential it hears why.</summary>
    private static ContractError ErrorFor(DeviceAuthentication.Refused refused) => refused.RetryAfter is { } wait
        ? new(ErrorCode.ThrottlingException, $"Too many attempts failed. Wait {Math.Ceiling(wait.TotalSeconds):0} s before the next; until then a good credential is refused too.") { RetryAfter = wait }
        : new(refused.Code, refused.IsGenuine ? refused.Reason : "Not authorised.");
}
