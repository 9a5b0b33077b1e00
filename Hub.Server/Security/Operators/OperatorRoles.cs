using System.Collections.Frozen;

namespace Hub.Server.Security.Operators;

/// <summary>The roles of operators and what each allows. An operator's role is kept as a claim of <see cref="ClaimType"/>.</summary>
internal static class OperatorRoles
{
    public const string ClaimType = "hub:role";

    /// <summary>Everything.</summary>
    public const string Admin = "admin";

    /// <summary>Reads telemetry and sends to devices, without changing the registry.</summary>
    public const string Support = "support";

    /// <summary>Sees devices.</summary>
    public const string Viewer = "viewer";

    private static readonly FrozenDictionary<string, AccessRights> Rights = new Dictionary<string, AccessRights>
    {
        [Admin] = AccessRights.RegistryReadWrite | AccessRights.ServiceConnect,
        [Support] = AccessRights.RegistryRead | AccessRights.ServiceConnect,
        [Viewer] = AccessRights.RegistryRead,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A role that is not known allows nothing.</summary>
    public static AccessRights RightsOf(string role) => Rights.GetValueOrDefault(role);
}
