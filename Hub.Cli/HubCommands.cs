using System.CommandLine;
using Hub.Cli.Load;

namespace Hub.Cli;

/// <summary>All commands of <c>hub</c>.</summary>
internal static class HubCommands
{
    public static RootCommand CreateRoot(TimeProvider clock) => new("Works with a running hub: devices, telemetry, simulation, load.")
    {
        LoadCommand.Create(clock),
    };
}
