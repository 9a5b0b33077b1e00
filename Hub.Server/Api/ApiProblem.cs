using Hub.Server.Registry;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hub.Server.Api;

/// <summary>How the API says no: <c>application/problem+json</c> with the wire contract's code and one sentence.</summary>
internal static class ApiProblem
{
    public static ProblemHttpResult Of(ErrorCode code, string detail) => TypedResults.Problem(Refusals.ProblemOf(code, detail));

    public static ProblemHttpResult Of((ErrorCode Code, string Sentence) fault) => Of(fault.Code, fault.Sentence);

    public static ProblemHttpResult Invalid(string detail) => Of(ErrorCode.ArgumentInvalid, detail);

    public static ProblemHttpResult DeviceNotFound(DeviceId id) => Of(RegistryResult.NotFound.FaultOf(id));

    /// <summary>A result that is not <see cref="RegistryResult.Done"/>.</summary>
    public static ProblemHttpResult Of(RegistryResult result, DeviceId id) => result.FaultFor(id) is { } fault
        ? Of(fault)
        : throw new ArgumentException("That is no refusal.", nameof(result));
}
