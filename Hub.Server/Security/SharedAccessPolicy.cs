using Hub.Server.Registry;

namespace Hub.Server.Security;

/// <summary>A named pair of keys with rights.</summary>
internal sealed record SharedAccessPolicy(string Name, AccessRights Rights, SymmetricKey PrimaryKey, SymmetricKey SecondaryKey);
