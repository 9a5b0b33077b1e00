using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hub.Server.Operations;

/// <summary>For whoever watches over the process: open to all, so it says no more than which check fails.</summary>
internal static class HealthEndpoints
{
    public const string Live = "/health/live";
    public const string Ready = "/health/ready";
    public const string Startup = "/health/startup";

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        // Alive means that it answers.
        endpoints.MapHealthChecks(Live, new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync }).AllowAnonymous();
        // Begun means that every door is open; once good it stays so, whatever fails later.
        endpoints.MapHealthChecks(Startup, new HealthCheckOptions { Predicate = check => check.Name == DoorsHealthCheck.Name, ResponseWriter = WriteAsync })
            .AllowAnonymous();
        endpoints.MapHealthChecks(Ready, new HealthCheckOptions { ResponseWriter = WriteAsync }).AllowAnonymous();
    }

    private static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(
        new HealthAnswer(report.Status.ToString(), report.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Status.ToString())),
        context.RequestAborted);

    private sealed record HealthAnswer(string Status, IReadOnlyDictionary<string, string> Checks);
}
