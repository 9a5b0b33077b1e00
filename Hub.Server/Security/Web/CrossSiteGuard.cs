using Hub.Shared.Api;
using Hub.Shared.Security;
using Microsoft.AspNetCore.Antiforgery;

namespace Hub.Server.Security.Web;

/// <summary>
/// Refuses what another site makes a browser send. What rests on a token in the <c>Authorization</c> header passes, since no other
/// site can set that. Everything else that changes something, and every call of the live hub:
/// (1) must not say that it comes from another origin; (2) with an operator's cookie, must carry the antiforgery header.
/// Reading needs neither: no answer lets another origin read it.
/// </summary>
internal sealed partial class CrossSiteGuard(RequestDelegate next, IAntiforgery antiforgery, ILogger<CrossSiteGuard> logger)
{
    private const string Live = "/hubs";

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var live = request.Path.StartsWithSegments(Live, StringComparison.OrdinalIgnoreCase);
        // CONNECT opens a WebSocket over HTTP/2, as GET does over HTTP/1.1: it can carry no header of ours.
        var changes = !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method)
            || HttpMethods.IsTrace(request.Method) || HttpMethods.IsConnect(request.Method));
        if ((!changes && !live) || SignatureScheme.Concerns(request))
        {
            await next(context);
            return;
        }

        if (IsFromAnotherOrigin(request))
        {
            Log.CrossSite(logger, context.SourceAddress());
            await Refusals.WriteAsync(context, ErrorCode.InvalidOperation, "Requests of other sites are refused.");
            return;
        }

        if (changes && RestsOnCookie(context) && !(live && request.Headers.XRequestedWith.Count > 0) && !await antiforgery.IsRequestValidAsync(context))
        {
            Log.NoAntiforgery(logger, context.SourceAddress());
            await Refusals.WriteAsync(
                context, ErrorCode.InvalidOperation, $"Send the antiforgery token of the session as the header {SessionInfo.AntiforgeryHeader}.");
            return;
        }

        await next(context);
    }

    /// <summary>By authority, not by scheme: behind a proxy that ends TLS the hub sees another scheme than the browser.</summary>
    private static bool IsFromAnotherOrigin(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none"))
            return true;
        return request.Headers.Origin.Count > 0
            && !(Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var origin)
                && string.Equals(origin.Authority, AuthorityOf(request), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>With the default port left out, as <see cref="Uri.Authority"/> has it.</summary>
    private static string AuthorityOf(HttpRequest request) =>
        Uri.TryCreate($"{request.Scheme}://{request.Host.Value}", UriKind.Absolute, out var self) ? self.Authority : string.Empty;

    /// <summary>
    /// Whether an operator's cookie speaks, and the endpoint does not stand open to all: signing in must work with a stale cookie too.
    /// </summary>
    private static bool RestsOnCookie(HttpContext context) =>
        context.User.Identity is { IsAuthenticated: true, AuthenticationType: Schemes.Cookie }
        && context.GetEndpoint()?.Metadata.GetMetadata<IAntiforgeryMetadata>() is not { RequiresValidation: false };

    private static partial class Log
    {
        [LoggerMessage(EventIds.Security + 4, LogLevel.Warning, "A request from {Source} came from another site and was refused.")]
        public static partial void CrossSite(ILogger logger, string? source);

        [LoggerMessage(EventIds.Security + 5, LogLevel.Warning,
            "A request from {Source} with an operator's cookie lacked the antiforgery token and was refused.")]
        public static partial void NoAntiforgery(ILogger logger, string? source);
    }
}
