using System.Net;
using Hub.Shared.Api;
using Microsoft.Net.Http.Headers;

namespace Hub.Server.Security.Web;

/// <summary>Puts the security headers on every answer, errors too.</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    /// <summary>
    /// WebAssembly needs <c>wasm-unsafe-eval</c> and the component library inline styles; nothing else that is inline or foreign runs.
    /// </summary>
    public const string ContentPolicy =
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; "
        + "frame-ancestors 'none'; form-action 'self'; connect-src 'self'";

    private const string StrictTransport = "max-age=31536000";

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(static state => Write((HttpContext)state), context);
        return next(context);
    }

    private static Task Write(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = context.GetEndpoint()?.Metadata.GetMetadata<ContentPolicyMetadata>()?.For(context) ?? ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        // Never for a loopback name: it would bind every other program that a developer runs there.
        if (context.Request.IsHttps && !IsLoopback(context.Request.Host.Host))
            headers.StrictTransportSecurity = StrictTransport;
        // Answers of the API hold devices' data and keys.
        if (context.Request.Path.StartsWithSegments(ApiRoutes.Root, StringComparison.OrdinalIgnoreCase))
            headers.TryAdd(HeaderNames.CacheControl, "no-store");
        return Task.CompletedTask;
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}

/// <summary>Endpoint metadata: another content security policy, for a page that cannot live with the common one.</summary>
/// <param name="For">The policy for an answer; null for the common one.</param>
internal sealed record ContentPolicyMetadata(Func<HttpContext, string?> For);
