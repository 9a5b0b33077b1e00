using Hub.Server.Security.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;

namespace Hub.Server.Security.Operators;

/// <summary>Lets an operator in and out, and records it. Scoped.</summary>
internal sealed class OperatorEntrance(
    IUserClaimsPrincipalFactory<Operator> principals, UserManager<Operator> users, OperatorSessions sessions, AuditTrail audit)
{
    /// <summary>Gives the operator a session of its own: whatever cookie came with the request is replaced.</summary>
    public async Task EnterAsync(HttpContext context, Operator user, string action)
    {
        var principal = await principals.CreateAsync(user);
        await context.SignInAsync(Schemes.Cookie, principal);
        // The antiforgery token is for whom the context's user is.
        context.User = principal;
        await audit.RecordAsync(context, action, user.UserName, true);
    }

    /// <summary>Ends all sessions of the operator whose cookie came with the request.</summary>
    public async Task LeaveAsync(HttpContext context)
    {
        if (context.User.Identity is not { IsAuthenticated: true, AuthenticationType: Schemes.Cookie })
            return;
        if (await users.GetUserAsync(context.User) is { } user)
            await sessions.EndAllAsync(user, users);
        await audit.RecordAsync(context, "session.sign-out", context.ActorName(), true);
        await context.SignOutAsync(Schemes.Cookie);
    }

    /// <summary>Nobody waits for the entry: an unknown name has none, and the answer's time must not tell which names exist.</summary>
    public void RecordFailure(HttpContext context, string userName) =>
        audit.RecordSoon(Caller.Nobody, context.SourceAddress(), "session.sign-in", userName, false, "wrong password");

    public ValueTask RecordRefusedSetUpAsync(HttpContext context) =>
        audit.RecordAsync(Caller.Nobody, context.SourceAddress(), "operator.set-up", null, false, "the link is wrong or used up");
}
