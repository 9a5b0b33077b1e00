using Hub.Shared.Api;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Server.Api;

/// <summary>How the API says no: <c>application/problem+json</c> with the wire contract's code and one sentence.</summary>
internal static class ApiProblem
{
    public const string CodeExtension = "errorCode";

    public static ProblemHttpResult Of(ErrorCode code, string detail) => TypedResults.Problem(Details(code, detail));

    public static ProblemHttpResult Invalid(string detail) => Of(ErrorCode.ArgumentInvalid, detail);

    public static ProblemHttpResult DeviceNotFound() => Of(ErrorCode.DeviceNotFound, "There is no device of that id.");

    /// <summary>
    /// The first three digits of the code are the status (wire contract, section 5.4), except where a right is missing: the contract
    /// numbers that 401003, while 401 would tell a browser's user who is signed in to sign in.
    /// </summary>
    public static int StatusOf(ErrorCode code) =>
        code == ErrorCode.IotHubUnauthorized ? StatusCodes.Status403Forbidden : (int)code / 1_000;

    public static ProblemDetails Details(ErrorCode code, string detail) => new()
    {
        Status = StatusOf(code),
        Title = code.ToString(),
        Detail = detail,
        Extensions = { [CodeExtension] = (int)code },
    };
}
