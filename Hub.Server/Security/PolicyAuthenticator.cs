using Hub.Server.Registry;
using Hub.Shared.Security;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security;

/// <summary>Decides what a token signed with a shared access policy allows (wire contract, section 4). Singleton; safe from any thread.</summary>
internal sealed class PolicyAuthenticator(SharedAccessPolicies policies, IOptions<HubOptions> hub, TimeProvider time)
{
    /// <param name="token">The token with its scheme.</param>
    /// <param name="path">The segments of what is to be reached, which the token's resource must cover.</param>
    public PolicyAuthentication Authenticate(string? token, params ReadOnlySpan<string> path)
    {
        if (SharedAccessSignature.TryParse(token) is not { } signature)
            return new PolicyAuthentication.Refused("it is no shared access signature");
        if (policies.FindSigner(signature) is not { } signer)
            return new PolicyAuthentication.Refused("no key of the policy that it names signed it");
        if (!SignatureScope.Covers(signature.Resource, hub.Value, path))
            return new PolicyAuthentication.Refused("it is for another resource");
        return signature.ExpiresAt <= time.GetUtcNow()
            ? new PolicyAuthentication.Refused($"it expired at {signature.ExpiresAt:u}")
            : new PolicyAuthentication.Accepted(signer.Policy, signature.ExpiresAt);
    }
}

/// <summary>How <see cref="PolicyAuthenticator"/> answered: one of the cases below.</summary>
internal abstract record PolicyAuthentication
{
    private PolicyAuthentication()
    {
    }

    /// <summary>The token holds, until its end.</summary>
    internal sealed record Accepted(SharedAccessPolicy Policy, DateTimeOffset ExpiresAt) : PolicyAuthentication;

    /// <summary>It does not; the reason is for the log only (decision 29) and holds no part of a secret.</summary>
    internal sealed record Refused(string Reason) : PolicyAuthentication;
}
