using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security.Operators;

/// <summary>
/// Judges cookies by the operator's security stamp, which changes with the password, the role and a sign-out: then all sessions of the
/// operator end, at once where this process made the change, within <see cref="Interval"/> otherwise. Singleton; safe from any thread.
/// It remembers one stamp for each operator that has a session, so it is as small as the list of operators.
/// </summary>
internal sealed class OperatorSessions(IOptions<IdentityOptions> options, TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, (string? Stamp, long ReadAt)> _stamps = new(StringComparer.Ordinal);

    public async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        if (!await HoldsAsync(context.Principal, context.HttpContext.RequestServices))
            context.RejectPrincipal();
    }

    /// <summary>Whether the session that this principal came from still stands.</summary>
    public async ValueTask<bool> HoldsAsync(ClaimsPrincipal? principal, IServiceProvider services)
    {
        var names = options.Value.ClaimsIdentity;
        var id = principal?.FindFirstValue(names.UserIdClaimType);
        var stamp = principal?.FindFirstValue(names.SecurityStampClaimType);
        return id is not null && stamp is not null && stamp == await StampOfAsync(id, services);
    }

    /// <summary>Ends all sessions of the operator.</summary>
    public async Task EndAllAsync(Operator user, UserManager<Operator> users)
    {
        await users.UpdateSecurityStampAsync(user);
        Remember(user, time.GetTimestamp());
    }

    private async ValueTask<string?> StampOfAsync(string id, IServiceProvider services)
    {
        if (_stamps.TryGetValue(id, out var known) && time.GetElapsedTime(known.ReadAt) < Interval)
            return known.Stamp;
        var readAt = time.GetTimestamp();
        var user = await services.GetRequiredService<UserManager<Operator>>().FindByIdAsync(id);
        if (user is null)
            _stamps.TryRemove(id, out _);
        else
            Remember(user, readAt);
        return user?.SecurityStamp;
    }

    /// <summary>What was read before the sessions ended must not be remembered after it.</summary>
    private void Remember(Operator user, long readAt) =>
        _stamps.AddOrUpdate(user.Id, (user.SecurityStamp, readAt), (_, known) => known.ReadAt > readAt ? known : (user.SecurityStamp, readAt));
}
