using Hub.Server.Registry;

namespace Hub.Server.Security;

/// <summary>
/// What the resource of a shared access signature covers: itself and all below it, by whole segments (wire contract, section 4), so
/// that a token for <c>dev1</c> says nothing about <c>dev10</c>. The host is compared without case against the hub's names, the rest
/// by ordinal (decision 27).
/// </summary>
internal static class SignatureScope
{
    /// <param name="resource">The token's resource, percent-decoded once: what was encoded twice does not match.</param>
    /// <param name="hub">Whose names count.</param>
    /// <param name="path">The segments of what is to be reached, without the host.</param>
    public static bool Covers(string resource, HubOptions hub, params ReadOnlySpan<string> path)
    {
        var segments = resource.Split('/');
        if (!hub.IsOwnName(segments[0]) || segments.Length - 1 > path.Length)
            return false;
        for (var i = 1; i < segments.Length; i++)
        {
            if (!string.Equals(segments[i], path[i - 1], StringComparison.Ordinal))
                return false;
        }

        return true;
    }
}
