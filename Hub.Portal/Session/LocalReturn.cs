namespace Hub.Portal.Session;

/// <summary>Where to go after sign-in: only ever a page of the portal, whatever the address says.</summary>
internal static class LocalReturn
{
    private const string SignIn = "sign-in";

    /// <summary>The address of sign-in that leads back to the page (relative to the portal's base).</summary>
    public static string SignInAddress(string page) => page.Length == 0 ? SignIn : $"{SignIn}?returnUrl={Uri.EscapeDataString(page)}";

    /// <summary>The page to go to; the overview when the address names anything but a page of ours.</summary>
    public static string Resolve(string? returnUrl, Uri portal)
    {
        if (string.IsNullOrEmpty(returnUrl)
            || returnUrl[0] is '/' or '\\'
            || !Uri.TryCreate(portal, returnUrl, out var target)
            || !portal.IsBaseOf(target)
            || target.AbsolutePath == new Uri(portal, SignIn).AbsolutePath)
            return portal.AbsoluteUri;
        return target.AbsoluteUri;
    }
}
