using Hub.Shared.Api;

namespace Hub.Server.Security.Web;

/// <summary>
/// Refuses a request that says its length twice, by a number and by chunks (RFC 9112, 6.1): whatever stands before the hub may have gone
/// by the other, and taken the rest for another's request. The web server itself goes by the chunks and keeps the number under the name
/// below.
/// </summary>
internal sealed class FramingGuard(RequestDelegate next)
{
    private const string LengthSetAside = "X-Content-Length";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Headers.TransferEncoding.Count == 0 || !context.Request.Headers.ContainsKey(LengthSetAside))
            return next(context);
        context.Response.Headers.Connection = "close";
        return Refusals.WriteAsync(context, ErrorCode.IotHubFormatError, "A request has a Content-Length or a Transfer-Encoding, not both.");
    }
}
