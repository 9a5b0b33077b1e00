using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace Hub.Server.Operations;

/// <summary>Metadata: the endpoint is open to whoever comes by a plain loopback door; all others need the policy's right.</summary>
/// <param name="Policy">The authorization policy for all others.</param>
internal sealed record OpenOnPlainLoopback(string Policy);

/// <summary>Opens an endpoint to the machine itself and asks everybody else for a right.</summary>
internal static class OpenOnPlainLoopbackExtensions
{
    public static TBuilder RequireAuthorizationOutsideLoopback<TBuilder>(this TBuilder builder, string policy)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(new OpenOnPlainLoopback(policy));
            // Whoever sets a fallback policy means endpoints that say nothing; this one decides for itself.
            endpoint.Metadata.Add(new AllowAnonymousAttribute());
            var next = endpoint.RequestDelegate;
            if (next is not null)
                endpoint.RequestDelegate = context => InvokeAsync(context, policy, next);
        });
        return builder;
    }

    internal static bool IsPlainLoopback(HttpContext context) =>
        !context.Request.IsHttps
        && context.Connection.LocalIpAddress is { } local && IPAddress.IsLoopback(local)
        && context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote)
        // A page of another site whose name was made to point here (DNS rebinding) still says its own name.
        && IsLoopbackName(context.Request.Host.Host)
        // A proxy on this machine speaks for others.
        && !context.Request.Headers.ContainsKey("X-Forwarded-For")
        && !context.Request.Headers.ContainsKey("Forwarded");

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static async Task InvokeAsync(HttpContext context, string policyName, RequestDelegate next)
    {
        if (IsPlainLoopback(context))
        {
            await next(context);
            return;
        }

        var services = context.RequestServices;
        var policy = await services.GetRequiredService<IAuthorizationPolicyProvider>().GetPolicyAsync(policyName)
            ?? throw new InvalidOperationException($"There is no authorization policy {policyName}.");
        var evaluator = services.GetRequiredService<IPolicyEvaluator>();
        var authentication = await evaluator.AuthenticateAsync(policy, context);
        var answer = await evaluator.AuthorizeAsync(policy, authentication, context, context);
        await services.GetRequiredService<IAuthorizationMiddlewareResultHandler>().HandleAsync(next, context, policy, answer);
    }
}
