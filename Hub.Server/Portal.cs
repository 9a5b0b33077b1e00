namespace Hub.Server;

/// <summary>Serves the portal's files under <c>/portal/</c>, with its start page for every path in it that is no file.</summary>
internal static class Portal
{
    public static void MapPortal(this WebApplication app)
    {
        app.MapStaticAssets().AllowAnonymous();
        app.MapFallbackToFile("/portal/{*path:nonfile}", "portal/index.html").AllowAnonymous();
        // The id of a device may end like the name of a file.
        app.MapFallbackToFile("/portal/devices/{*id}", "portal/index.html").AllowAnonymous();
        app.MapGet("/", () => Results.Redirect("/portal/")).AllowAnonymous().ExcludeFromDescription();
    }
}
