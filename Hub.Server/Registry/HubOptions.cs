using System.ComponentModel.DataAnnotations;

namespace Hub.Server.Registry;

/// <summary>What the hub is called and where it keeps what must last.</summary>
internal sealed class HubOptions
{
    public const string Section = "Hub";

    /// <summary>The name that devices and tokens use.</summary>
    [HostName]
    public string HostName { get; init; } = "localhost";

    /// <summary>Further names that tokens and user names may carry.</summary>
    [HostName]
    public IReadOnlyList<string> HostNameAliases { get; init => field = value ?? []; } = [];

    /// <summary>The folder for everything that must last; relative to the working directory. One hub at a time.</summary>
    [Required]
    public string DataDirectory { get; init; } = "data";

    /// <summary><see cref="DataDirectory"/> in full; every room that keeps files starts from here.</summary>
    public string FullDataDirectory => Path.GetFullPath(DataDirectory);

    /// <summary>Whether a name that a client wrote is one of this hub; case does not matter (decision 27).</summary>
    public bool IsOwnName(string name) =>
        string.Equals(name, HostName, StringComparison.OrdinalIgnoreCase) || HostNameAliases.Contains(name, StringComparer.OrdinalIgnoreCase);
}
