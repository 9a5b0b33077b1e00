using System.Text.Json;
using Hub.Shared.Api;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Server.Security.Web;

/// <summary>Writes refusals in the form that the endpoint asks for, or as a problem where it asks for none.</summary>
internal static class Refusals
{
    private const string NotAuthenticated = "Sign in, or send a shared access signature of a policy that holds.";
    private const string NotAllowed = "Your role or the token's policy lacks the right for this.";

    public static Task ChallengeAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = Schemes.Signature;
        return WriteAsync(context, ErrorCode.IotHubUnauthorizedAccess, NotAuthenticated);
    }

    public static Task ForbidAsync(HttpContext context) => WriteAsync(context, ErrorCode.IotHubUnauthorized, NotAllowed);

    public static Task WriteAsync(HttpContext context, ErrorCode code, string message)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IRefusalWriter>() is { } writer)
            return writer.WriteAsync(context, code, message);

        context.Response.StatusCode = StatusOf(code);
        return context.Response.WriteAsJsonAsync(
            ProblemOf(code, message), null as JsonSerializerOptions, "application/problem+json", context.RequestAborted);
    }

    /// <summary>What a problem says: the wire contract's code and one sentence.</summary>
    public static ProblemDetails ProblemOf(ErrorCode code, string detail) => new()
    {
        Status = StatusOf(code),
        Title = code.ToString(),
        Detail = detail,
        Extensions = { ["errorCode"] = (int)code },
    };

    /// <summary>
    /// The first three digits of the code are the status (wire contract, section 5.4), except where a right is missing: the contract
    /// numbers that 401003, while 401 would tell a browser's user who is signed in to sign in.
    /// </summary>
    private static int StatusOf(ErrorCode code) =>
        code == ErrorCode.IotHubUnauthorized ? StatusCodes.Status403Forbidden : (int)code / 1_000;
}
