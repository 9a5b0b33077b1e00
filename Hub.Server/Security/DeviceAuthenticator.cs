using System.Security.Cryptography.X509Certificates;
using Hub.Server.Registry;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security;

/// <summary>
/// Decides whether a peer may speak for a device, by token or certificate (wire contract, section 4). The credential is checked
/// before anything else is said, and an unknown device costs what a wrong key costs, so that the answer tells a stranger nothing.
/// Singleton; safe from any thread.
/// </summary>
internal sealed class DeviceAuthenticator(
    DeviceRegistry registry, SharedAccessPolicies policies, DeviceAttempts attempts, IOptions<HubOptions> hub, TimeProvider time)
{
    private const string NoDevice = "There is no such device.";

    public async ValueTask<DeviceAuthentication> AuthenticateAsync(DeviceAuthenticationRequest request, CancellationToken cancellationToken)
    {
        var device = await registry.FindAsync(request.DeviceId, cancellationToken);
        if (attempts.WaitFor(request.DeviceId.Value, request.RemoteAddress) is { } wait)
            return new DeviceAuthentication.Refused("Too many attempts failed; for now none is looked at, with a good credential neither.", device is not null, wait);

        var verdict = string.IsNullOrEmpty(request.Token) ? CheckCertificate(request, device) : CheckToken(request, device);
        if (verdict.Proof is { } proof)
        {
            var fault = FaultOf(request, device, verdict);
            if (device is not null && fault is null)
            {
                attempts.Succeeded(request.DeviceId.Value, request.RemoteAddress);
                return new DeviceAuthentication.Accepted(device, verdict.Text, proof);
            }

            // The credential is genuine: this is a fault in the configuration, not a guess, and is not counted. The fault may be told, since
            // what stands against a policy's token is the same whether or not there is the device; that there is none is told to nobody.
            return fault is null
                ? new DeviceAuthentication.Refused(NoDevice, false, null)
                : new DeviceAuthentication.Refused(fault.Reason, device is not null, null) { IsGenuine = true, Code = fault.Code };
        }

        attempts.Failed(request.DeviceId.Value, request.RemoteAddress);
        return new DeviceAuthentication.Refused(device is null ? NoDevice : verdict.Text, device is not null, null);
    }

    private Verdict CheckToken(DeviceAuthenticationRequest request, Device? device)
    {
        if (SharedAccessSignature.TryParse(request.Token) is not { } token)
            return Verdict.No("The token is no shared access signature.");

        if (token.PolicyName is not null)
        {
            return policies.FindSigner(token) is { } signer
                ? new Verdict(
                    AuthMethod("hub", "sas", "iothub"),
                    new DeviceProof(DeviceProof.FingerprintOf(signer.Key), token.ExpiresAt, true),
                    token,
                    signer.Policy)
                : Verdict.No("The token names a shared access policy none of whose keys signed it.");
        }

        var keys = device?.Credentials as DeviceCredentials.SymmetricKeys;
        return SharedAccessPolicies.SignerOf(token, keys?.Primary, keys?.Secondary) is { } key
            ? new Verdict(AuthMethod("device", "sas", "iothub"), new DeviceProof(DeviceProof.FingerprintOf(key), token.ExpiresAt, false), token)
            : Verdict.No(device is not null && keys is null
                ? "The device has no keys of its own, and no shared access policy signed the token."
                : IsFor(token, request.DeviceId) ? "Neither key of the device signed the token."
                : "Neither key of the device signed the token, which is for another resource.");
    }

    private bool IsFor(SharedAccessSignature token, DeviceId id) => SignatureScope.Covers(token.Resource, hub.Value, "devices", id.Value);

    private static Verdict CheckCertificate(DeviceAuthenticationRequest request, Device? device)
    {
        if (request.Certificate is not { } certificate)
            return Verdict.No("Neither a token nor a client certificate was shown.");
        if (device?.Credentials is not DeviceCredentials.Thumbprints prints)
            return Verdict.No("The device is not registered for certificates, and no token was shown.");

        var thumbprint = CertificateRules.IsThumbprintOf(certificate, prints.Primary) ? prints.Primary
            : CertificateRules.IsThumbprintOf(certificate, prints.Secondary) ? prints.Secondary
            : null;
        return thumbprint is null
            ? Verdict.No("The certificate has neither of the registered thumbprints.")
            : new Verdict(
                AuthMethod("device", "x509", "external"),
                new DeviceProof(DeviceProof.FingerprintOf(thumbprint), CertificateRules.NotAfter(certificate), false),
                Certificate: certificate);
    }

    /// <summary>What stands against a genuine credential: its right, scope or time, or the device's status.</summary>
    private Fault? FaultOf(DeviceAuthenticationRequest request, Device? device, Verdict verdict)
    {
        var now = time.GetUtcNow();
        if (request.HostName is { } host && !hub.Value.IsOwnName(host))
            return new($"The host name is none of this hub ({HubOptions.Section}:{nameof(HubOptions.HostNameAliases)} takes further names).");
        if (verdict.Policy is { } policy && !policy.Rights.HasFlag(AccessRights.DeviceConnect))
            return new($"The policy {policy.Name} lacks the right {nameof(AccessRights.DeviceConnect)}.", ErrorCode.IotHubUnauthorized);
        if (verdict.Token is { } token && !IsFor(token, request.DeviceId))
            return new("The token is for another resource.");
        if (verdict.Token is { } timed && timed.ExpiresAt <= now)
            return new($"The token expired at {timed.ExpiresAt:u}.");
        if (verdict.Certificate is { } certificate && CertificateRules.Fault(certificate, now) is { } fault)
            return new(fault);
        // Last: who may not speak for the device at all does not hear how it is.
        return device?.Status == DeviceStatus.Disabled ? new("The device is disabled.", ErrorCode.DeviceDisabled) : null;
    }

    private static string AuthMethod(string scope, string type, string issuer) =>
        $$"""{"scope":"{{scope}}","type":"{{type}}","issuer":"{{issuer}}","acceptingIpFilterRule":null}""";

    private sealed record Fault(string Reason, ErrorCode Code = ErrorCode.IotHubUnauthorizedAccess);

    /// <summary>Whether the credential is genuine: then it has a proof and the text is the stamp; else the text says what was wrong.</summary>
    private readonly record struct Verdict(
        string Text,
        DeviceProof? Proof,
        SharedAccessSignature? Token = null,
        SharedAccessPolicy? Policy = null,
        X509Certificate2? Certificate = null)
    {
        public static Verdict No(string reason) => new(reason, null);
    }
}
