using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hub.Server.Api;

/// <summary>How the API says no: <c>application/problem+json</c> with the wire contract's code and one sentence.</summary>
internal static class ApiProblem
{
    public const string NoDevice = "There is no device of that id.";

    public static ProblemHttpResult Of(ErrorCode code, string detail) => TypedResults.Problem(Refusals.ProblemOf(code, detail));

    public static ProblemHttpResult Invalid(string detail) => Of(ErrorCode.ArgumentInvalid, detail);

    public static ProblemHttpResult DeviceNotFound() => Of(ErrorCode.DeviceNotFound, NoDevice);
}
