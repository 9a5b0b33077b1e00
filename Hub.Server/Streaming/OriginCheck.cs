namespace Hub.Server.Streaming;

/// <summary>
/// Refuses browsers that come from a page of another site: a WebSocket carries cookies wherever the page comes from, and CORS does not
/// apply to it. Tools send no Origin and are let pass.
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
                endpoint.RequestDelegate = context => IsOwn(context.Request) ? next(context) : Refuse(context);
        });
        return builder;
    }

    internal static bool IsOwn(HttpRequest request)
    {
        var origins = request.Headers.Origin;
        if (origins.Count == 0)
            return true;
        return origins.Count == 1
            && Uri.TryCreate(origins[0], UriKind.Absolute, out var origin)
            && origin.Scheme is "http" or "https"
            && string.Equals(origin.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }
}
