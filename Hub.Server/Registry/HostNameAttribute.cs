using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace Hub.Server.Registry;

/// <summary>Text that is a host name: a certificate and a URL are made of it.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed partial class HostNameAttribute()
    : ValidationAttribute("a host name is expected: letters, digits and dashes, in parts of at most 63 that are joined by dots.")
{
    private const int MaxLength = 253;

    public override bool IsValid(object? value) => value is string { Length: <= MaxLength } text && Pattern().IsMatch(text);

    [GeneratedRegex(@"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
