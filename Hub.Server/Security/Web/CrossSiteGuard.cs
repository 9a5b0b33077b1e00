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
internal sealed class CrossSiteGuard(RequestDelegate next, IAntiforgery antiforgery, RefusedRequestLog refusals)
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

        if (RequestOrigin.IsAnother(request))
        {
            refusals.CrossSite(context.SourceAddress());
            await Refusals.WriteAsync(context, ErrorCode.InvalidOperation, "Requests of other sites are refused.");
            return;
        }

        if (changes && RestsOnCookie(context) && !(live && request.Headers.XRequestedWith.Count > 0) && !await antiforgery.IsRequestValidAsync(context))
        {
            refusals.NoAntiforgery(context.SourceAddress());
            await Refusals.WriteAsync(
                context, ErrorCode.InvalidOperation, $"Send the antiforgery token of the session as the header {SessionInfo.AntiforgeryHeader}.");
            return;
        }

        await next(context);
    }

    /// <summary>
    /// Whether an operator's cookie speaks, and the endpoint does not stand open to all: signing in must work with a stale cookie too.
    /// </summary>
    private static bool RestsOnCookie(HttpContext context) =>
        context.User.Identity is { IsAuthenticated: true, AuthenticationType: Schemes.Cookie }
        && context.GetEndpoint()?.Metadata.GetMetadata<IAntiforgeryMetadata>() is not { RequiresValidation: false };
}
