using System.Security.Claims;

namespace Hub.Server.Security.Web;

/// <summary>The rights of whoever is asking, as claims: one for each, those implied written out.</summary>
internal static class RightsClaims
{
    public const string Type = "hub:right";

    private static readonly AccessRights[] Each =
        [AccessRights.RegistryRead, AccessRights.RegistryReadWrite, AccessRights.ServiceConnect, AccessRights.DeviceConnect];

    public static IEnumerable<Claim> Of(AccessRights rights) =>
        Each.Where(right => rights.HasFlag(right)).Select(right => new Claim(Type, right.ToString()));

    public static IReadOnlyList<string> NamesIn(ClaimsPrincipal principal) =>
        [.. principal.FindAll(Type).Select(claim => claim.Value).Distinct(StringComparer.Ordinal)];
}
