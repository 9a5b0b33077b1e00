using System.Globalization;

namespace Hub.Tests.Durability;

/// <summary>Asks for longer or other runs of the proofs, by environment variables (docs/testing.md).</summary>
internal static class Switches
{
    public static int Kills(int otherwise) => Read("HUB_KILLS", otherwise);

    public static int PowerCuts(int otherwise) => Read("HUB_POWER_CUTS", otherwise);

    public static int Histories(int otherwise) => Read("HUB_HISTORIES", otherwise);

    /// <summary>A new one for each run, so that runs add up; a failure prints it.</summary>
    public static int Seed() => Read("HUB_SEED", Random.Shared.Next());

    private static int Read(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
