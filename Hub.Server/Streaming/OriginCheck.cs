using Hub.Server.Security.Web;

namespace Hub.Server.Streaming;

/// <summary>
/// Refuses browsers that come from a page of another site: a WebSocket carries cookies wherever the page comes from, and CORS does not
/// apply to it. Also those with a token, which pass the guard of all paths: a page that was given one may have it from anywhere.
/// </summary>
internal static class OriginCheck
{
    public static TBuilder RequireOwnOrigin<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            var next = endpoint.RequestDelegate;
            if (next is not null)
                endpoint.RequestDelegate = context => RequestOrigin.IsAnother(context.Request) ? Refuse(context) : next(context);
        });
        return builder;
    }

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }
}
