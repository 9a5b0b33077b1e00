using System.Collections.Frozen;
using System.Security.Cryptography;
using Hub.Server.Registry;
using Hub.Shared.Security;

namespace Hub.Server.Security;

/// <summary>
/// The shared access policies, kept in memory since every request may need one; made with random keys at the first start.
/// Singleton; safe from any thread once loaded.
/// </summary>
internal sealed class SharedAccessPolicies(ISharedAccessPolicyStore store)
{
    public const string Owner = "iothubowner";

    /// <summary>Checked in place of keys that do not exist, so that the answer takes as long.</summary>
    private static readonly byte[] NoKey = RandomNumberGenerator.GetBytes(32);

    private FrozenDictionary<string, SharedAccessPolicy> _policies = FrozenDictionary<string, SharedAccessPolicy>.Empty;

    public IReadOnlyCollection<SharedAccessPolicy> All => _policies.Values;

    /// <summary>Makes the policies that are missing and takes all of them into memory.</summary>
    /// <exception cref="SecretsUnreadableException">Their keys do not open; being the first secrets read, they tell that none will.</exception>
    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        var known = await ListAsync(cancellationToken);
        var missing = Standard().Where(policy => !known.Any(k => string.Equals(k.Name, policy.Name, StringComparison.OrdinalIgnoreCase))).ToArray();
        if (missing.Length > 0)
        {
            await store.AddMissingAsync(missing, cancellationToken);
            // Read back: another process, such as the connection-string command, may have been quicker.
            known = await ListAsync(cancellationToken);
        }

        _policies = known.ToFrozenDictionary(policy => policy.Name, StringComparer.OrdinalIgnoreCase);
    }

    private async ValueTask<IReadOnlyList<SharedAccessPolicy>> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await store.ListAsync(cancellationToken);
        }
        catch (CryptographicException exception)
        {
            throw new SecretsUnreadableException(exception.Message, exception);
        }
    }

    public SharedAccessPolicy? Find(string name) => _policies.GetValueOrDefault(name);

    /// <summary>The policy named by the token, if one of its keys signed it. A wrong name costs what a wrong key costs.</summary>
    public SignedPolicy? FindSigner(SharedAccessSignature token)
    {
        var policy = token.PolicyName is { } name ? Find(name) : null;
        var key = SignerOf(token, policy?.PrimaryKey, policy?.SecondaryKey);
        return policy is not null && key is not null ? new SignedPolicy(policy, key) : null;
    }

    /// <summary>Which of two keys signed the token. Both are always tried, and absent ones cost the same.</summary>
    public static SymmetricKey? SignerOf(SharedAccessSignature token, SymmetricKey? primary, SymmetricKey? secondary)
    {
        var byPrimary = token.IsSignedWith(primary is null ? NoKey : primary.Bytes) && primary is not null;
        var bySecondary = token.IsSignedWith(secondary is null ? NoKey : secondary.Bytes) && secondary is not null;
        return byPrimary ? primary : bySecondary ? secondary : null;
    }

    private static IEnumerable<SharedAccessPolicy> Standard() =>
    [
        New(Owner, AccessRights.RegistryReadWrite | AccessRights.ServiceConnect | AccessRights.DeviceConnect),
        New("service", AccessRights.ServiceConnect),
        New("device", AccessRights.DeviceConnect),
        New("registryRead", AccessRights.RegistryRead),
        New("registryReadWrite", AccessRights.RegistryReadWrite),
    ];

    private static SharedAccessPolicy New(string name, AccessRights rights) =>
        new(name, rights, SymmetricKey.Generate(), SymmetricKey.Generate());
}

/// <summary>A policy and which of its keys signed.</summary>
internal sealed record SignedPolicy(SharedAccessPolicy Policy, SymmetricKey Key);
