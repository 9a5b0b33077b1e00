using System.Security.Claims;
using Hub.Server.Security.Operators;
using Microsoft.AspNetCore.Identity;

namespace Hub.Tests.Support;

/// <summary>Operators in memory. One instance is shared by all requests, and hands out its own objects.</summary>
internal sealed class InMemoryOperatorStore : IUserPasswordStore<Operator>, IUserSecurityStampStore<Operator>, IUserClaimStore<Operator>
{
    private readonly List<Operator> _operators = [];
    private readonly Dictionary<string, List<Claim>> _claims = [];

    public Task<IdentityResult> CreateAsync(Operator user, CancellationToken cancellationToken)
    {
        lock (_operators)
            _operators.Add(user);
        return Task.FromResult(IdentityResult.Success);
    }

    public Task<IdentityResult> UpdateAsync(Operator user, CancellationToken cancellationToken) => Task.FromResult(IdentityResult.Success);

    public Task<IdentityResult> DeleteAsync(Operator user, CancellationToken cancellationToken)
    {
        lock (_operators)
            _operators.Remove(user);
        return Task.FromResult(IdentityResult.Success);
    }

    public Task<Operator?> FindByIdAsync(string userId, CancellationToken cancellationToken) => Find(user => user.Id == userId);

    public Task<Operator?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        Find(user => user.NormalizedUserName == normalizedUserName);

    public Task<string> GetUserIdAsync(Operator user, CancellationToken cancellationToken) => Task.FromResult(user.Id);

    public Task<string?> GetUserNameAsync(Operator user, CancellationToken cancellationToken) => Task.FromResult(user.UserName);

    public Task<string?> GetNormalizedUserNameAsync(Operator user, CancellationToken cancellationToken) => Task.FromResult(user.NormalizedUserName);

    public Task<string?> GetPasswordHashAsync(Operator user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash);

    public Task<bool> HasPasswordAsync(Operator user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash is not null);

    public Task<string?> GetSecurityStampAsync(Operator user, CancellationToken cancellationToken) => Task.FromResult(user.SecurityStamp);

    public Task SetUserNameAsync(Operator user, string? userName, CancellationToken cancellationToken) => Do(() => user.UserName = userName);

    public Task SetNormalizedUserNameAsync(Operator user, string? normalizedName, CancellationToken cancellationToken) =>
        Do(() => user.NormalizedUserName = normalizedName);

    public Task SetPasswordHashAsync(Operator user, string? passwordHash, CancellationToken cancellationToken) =>
        Do(() => user.PasswordHash = passwordHash);

    public Task SetSecurityStampAsync(Operator user, string stamp, CancellationToken cancellationToken) => Do(() => user.SecurityStamp = stamp);

    public Task<IList<Claim>> GetClaimsAsync(Operator user, CancellationToken cancellationToken)
    {
        lock (_operators)
            return Task.FromResult<IList<Claim>>([.. _claims.GetValueOrDefault(user.Id) ?? []]);
    }

    public Task AddClaimsAsync(Operator user, IEnumerable<Claim> claims, CancellationToken cancellationToken) => Do(() =>
    {
        if (!_claims.TryGetValue(user.Id, out var known))
            _claims[user.Id] = known = [];
        known.AddRange(claims);
    });

    public Task ReplaceClaimAsync(Operator user, Claim claim, Claim newClaim, CancellationToken cancellationToken) => Do(() =>
    {
        _claims[user.Id].RemoveAll(known => Same(known, claim));
        _claims[user.Id].Add(newClaim);
    });

    public Task RemoveClaimsAsync(Operator user, IEnumerable<Claim> claims, CancellationToken cancellationToken) =>
        Do(() => _claims[user.Id].RemoveAll(known => claims.Any(claim => Same(known, claim))));

    public Task<IList<Operator>> GetUsersForClaimAsync(Claim claim, CancellationToken cancellationToken)
    {
        lock (_operators)
            return Task.FromResult<IList<Operator>>([.. _operators.Where(user => _claims.GetValueOrDefault(user.Id)?.Any(known => Same(known, claim)) == true)]);
    }

    public void Dispose()
    {
        // Shared by all scopes, each of which disposes it.
    }

    private static bool Same(Claim one, Claim other) => one.Type == other.Type && one.Value == other.Value;

    private Task<Operator?> Find(Func<Operator, bool> matches)
    {
        lock (_operators)
            return Task.FromResult(_operators.FirstOrDefault(matches));
    }

    private Task Do(Action change)
    {
        lock (_operators)
            change();
        return Task.CompletedTask;
    }
}
