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

        // The contract numbers a missing right 401003; without a contract to keep, 403 is what it is.
        context.Response.StatusCode = code == ErrorCode.IotHubUnauthorized ? StatusCodes.Status403Forbidden : (int)code / 1000;
        var problem = new ProblemDetails
        {
            Status = context.Response.StatusCode, Title = code.ToString(), Detail = message, Extensions = { ["errorCode"] = (int)code },
        };
        return context.Response.WriteAsJsonAsync(
            problem, null as JsonSerializerOptions, "application/problem+json", context.RequestAborted);
    }
}
