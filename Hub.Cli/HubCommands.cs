using System.CommandLine;
using Hub.Cli.Devices;
using Hub.Cli.Load;
using Hub.Cli.Monitor;
using Hub.Cli.Simulate;
using Hub.Cli.Tokens;

namespace Hub.Cli;

/// <summary>All commands of <c>hub</c>.</summary>
internal static class HubCommands
{
    public static RootCommand CreateRoot(TimeProvider clock) => new("Works with a running hub: devices, tokens, telemetry, simulation, load.")
    {
        DeviceCommands.Create(clock),
        TokenCommand.Create(clock),
        SimulateCommand.Create(clock),
        MonitorCommand.Create(clock),
        LoadCommand.Create(clock),
    };
}
