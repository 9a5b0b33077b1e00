using System.Collections.Concurrent;
using Hub.Server.Messaging;
using Hub.Shared.Operations;

namespace Hub.Server.Operations;

/// <summary>The doors that have reported, and whether all that are configured are open. Singleton; safe from any thread.</summary>
internal sealed class DoorReport(IConfiguration configuration) : IDoorReport
{
    private const string Section = "Hub:Endpoints";

    private readonly ConcurrentDictionary<(string Protocol, string Address, int Port), DoorInfo> _doors = new();

    public IReadOnlyList<DoorInfo> Doors =>
        [.. _doors.Values.OrderBy(door => door.Protocol, StringComparer.Ordinal).ThenBy(door => door.Port).ThenBy(door => door.Address, StringComparer.Ordinal)];

    public void ReportOpen(string protocol, string address, int port) =>
        _doors[(protocol, address, port)] = new DoorInfo(protocol, address, port);

    /// <summary>The schemes of which fewer doors are open than are configured.</summary>
    public IReadOnlyList<string> NotOpenYet()
    {
        var open = _doors.Values.CountBy(door => door.Protocol).ToDictionary(StringComparer.OrdinalIgnoreCase);
        return [.. Configured().Where(pair => open.GetValueOrDefault(pair.Key) < pair.Value).Select(pair => pair.Key)];
    }

    private IEnumerable<KeyValuePair<string, int>> Configured() =>
        configuration.GetSection(Section).GetChildren()
            .SelectMany(setting => (setting.Value ?? string.Empty).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            // Settings that are no address, such as AllowPlainOutsideLoopback, have no scheme.
            .Where(address => address.Contains("://", StringComparison.Ordinal))
            .Select(address => address[..address.IndexOf("://", StringComparison.Ordinal)])
            .CountBy(scheme => scheme, StringComparer.OrdinalIgnoreCase);
}
