using System.ComponentModel.DataAnnotations;

namespace Hub.Server.Security.Operators;

/// <summary>How the portal is entered.</summary>
internal sealed class PortalOptions
{
    public const string Section = "Hub:Portal";

    /// <summary>
    /// Set: the operator <c>admin</c> exists with this password after every start, so that it is also the way back in. Empty: the
    /// first start makes a one-time link.
    /// </summary>
    [DataType(DataType.Password), PasswordRule]
    public string AdminPassword { get; init; } = string.Empty;

    /// <summary>Keeps the password out of logs and messages.</summary>
    public override string ToString() => nameof(PortalOptions);
}
