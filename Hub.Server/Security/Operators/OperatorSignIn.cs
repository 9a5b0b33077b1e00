using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Identity;

namespace Hub.Server.Security.Operators;

/// <summary>
/// Checks a name and a password. A name that nobody bears costs the same work as a wrong password, so that the time tells nobody which
/// names exist. The work is heavy on purpose: few run at once, so that a flood of sign-ins cannot take the machine. Scoped.
/// </summary>
internal sealed class OperatorSignIn(UserManager<Operator> users, SignInAttempts attempts, SignInWork work)
{
    public async Task<SignInOutcome> CheckAsync(string userName, string password, string? address, CancellationToken cancellationToken)
    {
        var name = users.NormalizeName(userName);
        if (attempts.LockedFor(name, address) is { } wait)
            return new SignInOutcome.Locked(wait);

        using var lease = await work.Limiter.AcquireAsync(1, cancellationToken);
        if (!lease.IsAcquired)
            return new SignInOutcome.Locked(TimeSpan.FromSeconds(1));
        // Those that waited for their turn may have been locked meanwhile.
        if (attempts.LockedFor(name, address) is { } waitNow)
            return new SignInOutcome.Locked(waitNow);

        var user = await users.FindByNameAsync(userName);
        var matches = user is null ? work.PretendToCheck(password) : await users.CheckPasswordAsync(user, password);
        if (user is null || !matches)
        {
            attempts.Failed(name, address);
            return new SignInOutcome.Wrong(user is not null);
        }

        attempts.Succeeded(name, address);
        return new SignInOutcome.Right(user);
    }
}

/// <summary>How a sign-in ended: one of the cases below.</summary>
internal abstract record SignInOutcome
{
    private SignInOutcome()
    {
    }

    internal sealed record Right(Operator Operator) : SignInOutcome;

    /// <summary>Name or password is wrong; which of them is for the audit only.</summary>
    internal sealed record Wrong(bool NameIsKnown) : SignInOutcome;

    /// <summary>None is looked at before the time is over.</summary>
    internal sealed record Locked(TimeSpan RetryAfter) : SignInOutcome;
}

/// <summary>The bounded work of password checks. Singleton.</summary>
internal sealed class SignInWork : IDisposable
{
    private const int AtOnce = 2;
    private const int Waiting = 32;

    private static readonly Operator Nobody = new();

    private readonly IPasswordHasher<Operator> _hasher;
    private readonly string _nobodysHash;

    public SignInWork(IPasswordHasher<Operator> hasher)
    {
        _hasher = hasher;
        _nobodysHash = hasher.HashPassword(Nobody, Guid.NewGuid().ToString());
    }

    public ConcurrencyLimiter Limiter { get; } = new(new ConcurrencyLimiterOptions { PermitLimit = AtOnce, QueueLimit = Waiting });

    /// <summary>Does what a check of a wrong password does.</summary>
    public bool PretendToCheck(string password) =>
        _hasher.VerifyHashedPassword(Nobody, _nobodysHash, password) != PasswordVerificationResult.Failed;

    public void Dispose() => Limiter.Dispose();
}
