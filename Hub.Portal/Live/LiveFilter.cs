using System.Globalization;
using System.Text.Json;
using Hub.Portal.Api;
using Hub.Portal.Messages;
using Hub.Shared.Devices;
using Hub.Shared.Live;

namespace Hub.Portal.Live;

/// <summary>What an operator asked to see live, as it stands in the URL. Immutable; all of it is applied by the hub.</summary>
public sealed record LiveFilter
{
    public const int MaxDevices = 1_000;
    public const int MaxProperties = 20;
    public const int MaxTextLength = 256;

    /// <summary>More than an eye can follow, and what a browser draws with ease (docs/benchmark.md); above it the hub samples evenly.</summary>
    public const int RowsPerSecond = 1_000;

    /// <summary>How far back a view may begin, in minutes.</summary>
    public const int MaxMinutes = 1_440;

    public IReadOnlyList<DeviceId> Devices { get; init; } = [];

    public string? Q { get; init; }

    public int? Partition { get; init; }

    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>How many minutes of stored messages come before the new ones; null begins now.</summary>
    public int? Minutes { get; init; }

    public bool IsEmpty => Devices.Count == 0 && Q is null && Partition is null && Properties.Count == 0;

    /// <summary>Reads what stands in the URL; what breaks a rule is left out, since the hub would refuse all of it.</summary>
    public static LiveFilter Parse(IEnumerable<string?>? devices, string? q, int? partition, IEnumerable<string?>? properties, int? minutes) => new()
    {
        Devices = [.. ParseDevices(devices).Distinct().Take(MaxDevices)],
        Q = string.IsNullOrWhiteSpace(q) ? null : q.Length > MaxTextLength ? q[..MaxTextLength] : q,
        Partition = partition is >= 0 ? partition : null,
        Properties = ParseProperties(properties),
        Minutes = minutes is >= 1 and <= MaxMinutes ? minutes : null,
    };

    /// <summary>The parameters of the URL, null where there is none.</summary>
    public IReadOnlyDictionary<string, object?> ToQuery() => new Dictionary<string, object?>
    {
        ["device"] = Devices.Count > 0 ? Devices.Select(id => id.Value).ToArray() : null,
        ["q"] = Q,
        ["partition"] = Partition,
        // The name may hold an equals sign, so it is escaped on its own.
        ["prop"] = Properties.Count > 0 ? Properties.Select(p => $"{Uri.EscapeDataString(p.Key)}={p.Value}").ToArray() : null,
        ["minutes"] = Minutes,
    };

    /// <summary>What is asked of the hub, from these sequence numbers by partition, or from now.</summary>
    public TelemetryFilter ToTelemetryFilter(IReadOnlyDictionary<string, string>? from) => new()
    {
        DeviceIds = Devices.Count > 0 ? Devices : null,
        Q = Q,
        Partition = Partition,
        Properties = Properties.Count > 0 ? Properties : null,
        From = from is { Count: > 0 } ? JsonSerializer.SerializeToElement(from, PortalJson.Default.IReadOnlyDictionaryStringString) : null,
        MaxPerSecond = RowsPerSecond,
    };

    /// <summary>The page with the stored messages that this filter asks for, as far as that page has the same questions.</summary>
    public string HistoryAddress => Address(null);

    /// <summary>The stored messages of a gap, the oldest first.</summary>
    public string HistoryOf(MessageGap gap) => Address($"from={Moment(gap.From)}&to={Moment(gap.To)}&order=asc");

    public bool Equals(LiveFilter? other) =>
        other is not null && Q == other.Q && Partition == other.Partition && Minutes == other.Minutes && Devices.SequenceEqual(other.Devices)
        && Properties.Count == other.Properties.Count && Properties.All(p => other.Properties.TryGetValue(p.Key, out var value) && value == p.Value);

    public override int GetHashCode() => HashCode.Combine(Q, Partition, Minutes, Devices.Count, Properties.Count);

    private string Address(string? times)
    {
        var device = Devices.Count == 1 ? $"device={Uri.EscapeDataString(Devices[0].Value)}" : null;
        var partition = Partition is { } number ? string.Create(CultureInfo.InvariantCulture, $"partition={number}") : null;
        var text = Q is null ? null : $"q={Uri.EscapeDataString(Q)}";
        var query = string.Join('&', new[] { device, partition, text, times }.Where(part => part is not null));
        return query.Length > 0 ? $"history?{query}" : "history";
    }

    private static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static IEnumerable<DeviceId> ParseDevices(IEnumerable<string?>? devices)
    {
        foreach (var text in devices ?? [])
        {
            if (DeviceId.TryParse(text, out var id))
                yield return id;
        }
    }

    private static Dictionary<string, string> ParseProperties(IEnumerable<string?>? properties)
    {
        var parsed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in properties ?? [])
        {
            var equals = text?.IndexOf('=', StringComparison.Ordinal) ?? -1;
            if (equals > 0 && parsed.Count < MaxProperties)
                parsed[Uri.UnescapeDataString(text![..equals])] = text[(equals + 1)..];
        }

        return parsed;
    }
}
