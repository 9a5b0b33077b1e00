namespace Hub.Server;

/// <summary>
/// Judges the arguments that are to be settings, since the configuration passes over what it cannot read or what nobody reads: an
/// option that does nothing. Values are never repeated, for one may be a password.
/// </summary>
internal static class SettingArguments
{
    /// <summary>What arguments may set: a key, or a section that ends with a colon. Keys under <c>Hub</c> are known one by one (KnownKeys).</summary>
    private static readonly string[] Known = ["Hub:", "Logging:", "environment"];

    /// <summary>A sentence about the first fault; null when there is none.</summary>
    public static string? FindFault(string[] args)
    {
        var before = "the command";
        for (var at = 0; at < args.Length; at++)
        {
            var equals = args[at].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? args[at] : args[at][..equals];
            if (!name.StartsWith('-'))
                return $"An argument behind {before} is no setting: write --KEY=VALUE, and quotes round a value with spaces.";
            if (!name.StartsWith("--", StringComparison.Ordinal) || name.Length == 2)
                return $"The argument {name} is no setting: write --KEY=VALUE, with two dashes, such as --Hub:DataDirectory=data.";
            if (!IsKnown(name[2..]))
                return $"The argument {name} is unknown: settings begin with --Hub: or --Logging: (--help says more, docs/configuration.md lists all).";
            // The value may stand behind it as an argument of its own.
            if (equals < 0 && (++at >= args.Length || args[at].StartsWith("--", StringComparison.Ordinal)))
                return $"The setting {name} has no value: write {name}=VALUE.";
            before = name;
        }

        return null;
    }

    private static bool IsKnown(string key) => Known.Any(known =>
        known.EndsWith(':') ? key.StartsWith(known, StringComparison.OrdinalIgnoreCase) : key.Equals(known, StringComparison.OrdinalIgnoreCase));
}
