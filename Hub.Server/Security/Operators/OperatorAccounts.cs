using System.Security.Claims;
using Microsoft.AspNetCore.Identity;

namespace Hub.Server.Security.Operators;

/// <summary>Makes operators: the first one by the one-time link, or <c>admin</c> by the configuration. Scoped.</summary>
internal sealed class OperatorAccounts(UserManager<Operator> users, SetUpLink link, SetUpTurn turn)
{
    public const string AdminName = "admin";

    private static readonly Claim AdminRole = new(OperatorRoles.ClaimType, OperatorRoles.Admin);

    public async Task<bool> HasAdminAsync() => (await users.GetUsersForClaimAsync(AdminRole)).Count > 0;

    /// <summary>Makes the first operator and ends the link; of two that come at once, one wins.</summary>
    public async Task<SetUpOutcome> CreateFirstAsync(string? token, string userName, string password, CancellationToken cancellationToken)
    {
        await turn.Gate.WaitAsync(cancellationToken);
        try
        {
            if (!link.Matches(token))
                return new SetUpOutcome.LinkInvalid();
            var made = new Operator { UserName = userName };
            var result = await users.CreateAsync(made, password);
            if (!result.Succeeded)
                return new SetUpOutcome.Invalid(Sentence(result));
            await RequireAsync(users.AddClaimAsync(made, AdminRole));
            link.Close();
            return new SetUpOutcome.Created(made);
        }
        finally
        {
            turn.Gate.Release();
        }
    }

    /// <summary>Sees to it that <c>admin</c> exists with the configured password. True when something had to change.</summary>
    public async Task<bool> EnsureAdminAsync(string password)
    {
        // PortalOptions has held it to the rule for chosen ones: here it is only hashed.
        var admin = await users.FindByNameAsync(AdminName);
        var changed = false;
        if (admin is null)
        {
            admin = new Operator { UserName = AdminName };
            admin.PasswordHash = users.PasswordHasher.HashPassword(admin, password);
            await RequireAsync(users.CreateAsync(admin));
            changed = true;
        }
        else if (!await users.CheckPasswordAsync(admin, password))
        {
            admin.PasswordHash = users.PasswordHasher.HashPassword(admin, password);
            // Ends the sessions that were opened with the old one; stores both.
            await RequireAsync(users.UpdateSecurityStampAsync(admin));
            changed = true;
        }

        if (!(await users.GetClaimsAsync(admin)).Any(claim => claim.Type == AdminRole.Type && claim.Value == AdminRole.Value))
        {
            await RequireAsync(users.AddClaimAsync(admin, AdminRole));
            changed = true;
        }

        return changed;
    }

    private static async Task RequireAsync(Task<IdentityResult> step)
    {
        var result = await step;
        if (!result.Succeeded)
            throw new InvalidOperationException($"An operator could not be stored: {Sentence(result)}");
    }

    private static string Sentence(IdentityResult result) => string.Join(' ', result.Errors.Select(error => error.Description));
}

/// <summary>How a set-up ended: one of the cases below.</summary>
internal abstract record SetUpOutcome
{
    private SetUpOutcome()
    {
    }

    internal sealed record Created(Operator Operator) : SetUpOutcome;

    /// <summary>The link is wrong or used up.</summary>
    internal sealed record LinkInvalid : SetUpOutcome;

    /// <summary>The name or the password breaks a rule, which the sentence states; the link still holds.</summary>
    internal sealed record Invalid(string Reason) : SetUpOutcome;
}

/// <summary>Lets one set-up happen at a time. Singleton.</summary>
internal sealed class SetUpTurn : IDisposable
{
    public SemaphoreSlim Gate { get; } = new(1);

    public void Dispose() => Gate.Dispose();
}
