namespace Hub.Server.Security.Web;

/// <summary>Where a browser says that a request comes from. Tools say nothing of it, and pass.</summary>
internal static class RequestOrigin
{
    /// <summary>By authority, not by scheme: behind a proxy that ends TLS the hub sees another scheme than the browser.</summary>
    public static bool IsAnother(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none"))
            return true;
        return request.Headers.Origin.Count > 0
            && !(Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var origin)
                && origin.Scheme is "http" or "https"
                && string.Equals(origin.Authority, AuthorityOf(request), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>With the default port left out, as <see cref="Uri.Authority"/> has it.</summary>
    private static string AuthorityOf(HttpRequest request) =>
        Uri.TryCreate($"{request.Scheme}://{request.Host.Value}", UriKind.Absolute, out var self) ? self.Authority : string.Empty;
}
