namespace Hub.Server.Security;

/// <summary>
/// The names of the authorization policies, one for each right; every endpoint asks for one. They take an operator's cookie or a
/// shared access signature of a policy that has the right.
/// </summary>
internal static class AccessPolicies
{
    public const string RegistryRead = nameof(AccessRights.RegistryRead);
    public const string RegistryReadWrite = nameof(AccessRights.RegistryReadWrite);
    public const string ServiceConnect = nameof(AccessRights.ServiceConnect);
}
