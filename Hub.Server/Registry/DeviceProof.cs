using System.Security.Cryptography;
using System.Text;

namespace Hub.Server.Registry;

/// <summary>What a connection was authenticated with, so that it ends when that ceases to hold.</summary>
/// <param name="Fingerprint">Names the key or thumbprint without giving it away: see <see cref="FingerprintOf(SymmetricKey)"/>.</param>
/// <param name="ExpiresAt">When the token ends; null when the proof has no end.</param>
/// <param name="OfPolicy">True when the key of a shared access policy signed, not one of the device.</param>
internal sealed record DeviceProof(string Fingerprint, DateTimeOffset? ExpiresAt, bool OfPolicy)
{
    public static string FingerprintOf(SymmetricKey key) => Convert.ToHexString(SHA256.HashData(key.Bytes));

    public static string FingerprintOf(string thumbprint) => Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(thumbprint.ToUpperInvariant())));

    /// <summary>Whether this proof would still be taken by the device as it is registered now (its end in time apart).</summary>
    public bool HoldsFor(Device device) => OfPolicy || device.Credentials switch
    {
        DeviceCredentials.SymmetricKeys keys => Fingerprint == FingerprintOf(keys.Primary) || Fingerprint == FingerprintOf(keys.Secondary),
        DeviceCredentials.Thumbprints prints => IsOne(prints.Primary) || IsOne(prints.Secondary),
        _ => false,
    };

    private bool IsOne(string? thumbprint) => thumbprint is not null && Fingerprint == FingerprintOf(thumbprint);
}
