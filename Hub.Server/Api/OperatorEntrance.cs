using Hub.Server.Security.Operators;
using Hub.Server.Security.Web;
using Hub.Shared.Security;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;

namespace Hub.Server.Api;

/// <summary>Lets an operator in, or records that one was not. Scoped.</summary>
internal sealed class OperatorEntrance(
    IUserClaimsPrincipalFactory<Operator> principals, IAntiforgery antiforgery, SetUpLink link, Security.AuditTrail audit)
{
    public bool SetUpIsOpen => link.IsOpen;

    /// <summary>Gives the operator a session of its own: whatever cookie came with the request is replaced.</summary>
    public async Task<SessionInfo> EnterAsync(HttpContext context, Operator user, string action)
    {
        var principal = await principals.CreateAsync(user);
        await context.SignInAsync(Schemes.Cookie, principal);
        // The antiforgery token is for whom the context's user is.
        context.User = principal;
        await audit.RecordAsync(context, action, user.UserName, true);
        return SessionEndpoints.InfoOf(context, antiforgery, link);
    }

    public ValueTask RecordFailureAsync(HttpContext context, string userName) =>
        audit.RecordAsync(Caller.Nobody, context.SourceAddress(), "session.sign-in", userName, false, "wrong password");

    public ValueTask RecordRefusedSetUpAsync(HttpContext context) =>
        audit.RecordAsync(Caller.Nobody, context.SourceAddress(), "operator.set-up", null, false, "the link is wrong or used up");
}
