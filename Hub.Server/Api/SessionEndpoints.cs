using System.Globalization;
using Hub.Server.Security.Operators;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.Security;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Server.Api;

/// <summary>Sign-in, sign-out, who am I, first set-up.</summary>
internal static class SessionEndpoints
{
    private const int MaxBody = 16 * 1024;
    private const int MaxName = 128;
    private const int MaxPassword = 256;

    private static readonly string[] OperatorRightNames =
        [OperatorRights.RegistryRead, OperatorRights.RegistryReadWrite, OperatorRights.ServiceConnect];

    public static void MapSession(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(string.Empty).WithTags("Session").AllowAnonymous().WithMetadata(new RequestSizeLimitAttribute(MaxBody));
        group.MapGet(ApiRoutes.Session, GetSession).WithName("getSession");
        group.MapPost(ApiRoutes.Session, SignIn).WithName("signIn").DisableAntiforgery();
        group.MapDelete(ApiRoutes.Session, SignOut).WithName("signOut");
        group.MapPost(ApiRoutes.SetUp, SetUp).WithName("setUp").DisableAntiforgery();
    }

    private static Ok<SessionInfo> GetSession(HttpContext context, IAntiforgery antiforgery, SetUpLink link) =>
        TypedResults.Ok(InfoOf(context, antiforgery, link));

    private static async Task<Results<Ok<SessionInfo>, ProblemHttpResult>> SignIn(
        SignInRequest request, HttpContext context, OperatorSignIn signIn, OperatorEntrance entrance, IAntiforgery antiforgery, SetUpLink link,
        CancellationToken cancellationToken)
    {
        if (FaultOf(request.UserName, request.Password) is { } fault)
            return ApiProblem.Of(ErrorCode.ArgumentInvalid, fault);
        switch (await signIn.CheckAsync(request.UserName, request.Password, context.SourceAddress(), cancellationToken))
        {
            case SignInOutcome.Right right:
                await entrance.EnterAsync(context, right.Operator, "session.sign-in");
                return TypedResults.Ok(InfoOf(context, antiforgery, link));
            case SignInOutcome.Locked locked:
                context.Response.Headers.RetryAfter = Math.Ceiling(locked.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                return ApiProblem.Of(ErrorCode.ThrottlingException, "Too many failed attempts. Try again later.");
            case SignInOutcome.Wrong { NameIsKnown: true }:
                entrance.RecordFailure(context, request.UserName);
                break;
            // A name that nobody bears is not written down: it may be a password in the wrong field.
        }

        return ApiProblem.Of(ErrorCode.IotHubUnauthorizedAccess, "The name or the password is wrong.");
    }

    private static async Task<NoContent> SignOut(HttpContext context, OperatorEntrance entrance)
    {
        await entrance.LeaveAsync(context);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<SessionInfo>, ProblemHttpResult>> SetUp(
        SetUpRequest request, HttpContext context, OperatorAccounts accounts, OperatorEntrance entrance, IAntiforgery antiforgery, SetUpLink link,
        CancellationToken cancellationToken)
    {
        // Only while a link is open: later anybody could fill the audit with it.
        var audited = link.IsOpen;
        if (FaultOf(request.UserName, request.Password) is { } fault)
            return ApiProblem.Of(ErrorCode.ArgumentInvalid, fault);
        switch (await accounts.CreateFirstAsync(request.Token, request.UserName, request.Password, cancellationToken))
        {
            case SetUpOutcome.Created created:
                await entrance.EnterAsync(context, created.Operator, "operator.set-up");
                return TypedResults.Ok(InfoOf(context, antiforgery, link));
            case SetUpOutcome.Invalid invalid:
                return ApiProblem.Of(ErrorCode.ArgumentInvalid, invalid.Reason);
            default:
                if (audited)
                    await entrance.RecordRefusedSetUpAsync(context);
                return ApiProblem.Of(ErrorCode.IotHubUnauthorized, "This link is wrong or used up. A restart of a hub without operators prints a new one.");
        }
    }

    /// <summary>Who the context's user is, with a fresh antiforgery token for an operator.</summary>
    internal static SessionInfo InfoOf(HttpContext context, IAntiforgery antiforgery, SetUpLink link)
    {
        var signedIn = context.User.Identity is { IsAuthenticated: true };
        var byCookie = signedIn && context.User.Identity?.AuthenticationType == Schemes.Cookie;
        return new SessionInfo
        {
            UserName = signedIn ? context.ActorName() : null,
            Rights = [.. RightsClaims.NamesIn(context.User).Intersect(OperatorRightNames, StringComparer.Ordinal)],
            SetUpNeeded = link.IsOpen,
            AntiforgeryToken = byCookie ? antiforgery.GetAndStoreTokens(context).RequestToken : null,
        };
    }

    /// <summary>A body may leave out what the contract requires; and hashing what is endless would be work for nothing.</summary>
    private static string? FaultOf(string? userName, string? password) =>
        string.IsNullOrEmpty(userName) || userName.Length > MaxName ? $"userName has 1 to {MaxName} characters."
        : string.IsNullOrEmpty(password) || password.Length > MaxPassword ? $"password has 1 to {MaxPassword} characters."
        : null;
}
