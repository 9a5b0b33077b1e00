using System.Security.Cryptography.X509Certificates;
using Hub.Server.Registry;
using Hub.Shared.Api;
using Hub.Shared.Devices;

namespace Hub.Server.Security;

/// <summary>What a peer shows to speak for a device.</summary>
/// <param name="DeviceId">For whom it wants to speak.</param>
/// <param name="HostName">The name of the hub as the peer wrote it, such as in an MQTT user name; null when its protocol has no place for it.</param>
/// <param name="Token">The shared access signature; null or empty when it shows a certificate.</param>
/// <param name="Certificate">The client certificate of the TLS connection; null when there is none.</param>
/// <param name="RemoteAddress">From where, without the port; attempts are counted by it.</param>
internal sealed record DeviceAuthenticationRequest(
    DeviceId DeviceId, string? HostName, string? Token, X509Certificate2? Certificate, string? RemoteAddress);

/// <summary>How <see cref="DeviceAuthenticator"/> answered: one of the cases below.</summary>
internal abstract record DeviceAuthentication
{
    private DeviceAuthentication()
    {
    }

    /// <summary>The peer may speak for the device.</summary>
    /// <param name="Device">As registered.</param>
    /// <param name="AuthMethod">The stamp <c>connectionAuthMethod</c> as JSON text (wire contract, section 1.2).</param>
    /// <param name="Proof">What to watch while the connection lives.</param>
    internal sealed record Accepted(Device Device, string AuthMethod, DeviceProof Proof) : DeviceAuthentication;

    /// <summary>
    /// It may not. The peer hears no more than "not authorised" (decision 29), unless its credential is genuine; the reason is for the
    /// connection history and the log.
    /// </summary>
    /// <param name="Reason">In words, without any part of a secret.</param>
    /// <param name="DeviceExists">Whether there is a device whose history can take the reason.</param>
    /// <param name="RetryAfter">Set when too many attempts failed: none is looked at before that.</param>
    internal sealed record Refused(string Reason, bool DeviceExists, TimeSpan? RetryAfter) : DeviceAuthentication
    {
        /// <summary>
        /// Whether the peer has a key or certificate that it may have, and something else stands against it: then it is authenticated, and
        /// may hear the reason, which tells it nothing of devices that are not its own.
        /// </summary>
        public bool IsGenuine { get; init; }

        /// <summary>What the peer hears as a code (wire contract, section 5.4).</summary>
        public ErrorCode Code { get; init; } = ErrorCode.IotHubUnauthorizedAccess;
    }
}
