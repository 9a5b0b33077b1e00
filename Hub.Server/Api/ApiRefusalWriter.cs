using Hub.Server.Security;
using Hub.Shared.Api;

namespace Hub.Server.Api;

/// <summary>Writes refusals of authentication and authorization in the form of the API.</summary>
internal sealed class ApiRefusalWriter : IRefusalWriter
{
    public static readonly ApiRefusalWriter Instance = new();

    private ApiRefusalWriter()
    {
    }

    public Task WriteAsync(HttpContext context, ErrorCode code, string message) => ApiProblem.Of(code, message).ExecuteAsync(context);
}
