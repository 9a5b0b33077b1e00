using System.Globalization;
using System.Text.Json;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Live;

namespace Hub.Server.Streaming;

/// <summary>A viewer's filter, checked.</summary>
/// <param name="Match">What is wanted.</param>
/// <param name="After">By partition the last sequence number that is not to come; those left out begin now.</param>
/// <param name="MaxPerSecond">How many rows a second at most.</param>
internal sealed record LiveFilter(TelemetryMatch Match, IReadOnlyDictionary<int, long> After, int MaxPerSecond)
{
    public const int MaxDeviceIds = 1_000;
    public const int MaxTextLength = 256;
    public const int MaxProperties = 20;
    public const int MaxRowsPerSecond = 10_000;

    /// <summary>Checks the filter; what is wrong with it comes in a sentence.</summary>
    public static LiveFilter? TryCreate(TelemetryFilter? filter, int partitions, out string? fault)
    {
        filter ??= new TelemetryFilter();
        fault = FaultOf(filter, partitions);
        var after = new Dictionary<int, long>();
        fault ??= ReadFrom(filter.From, partitions, after);
        if (fault is not null)
            return null;

        var match = new TelemetryMatch
        {
            DeviceIds = filter.DeviceIds is { Count: > 0 } ids ? ids.ToHashSet() : null,
            Partition = filter.Partition,
            Text = string.IsNullOrEmpty(filter.Q) ? null : new TextSearch(filter.Q),
            Properties = filter.Properties is null ? [] : [.. filter.Properties],
        };
        return new LiveFilter(match, after, filter.MaxPerSecond ?? TelemetryFilter.DefaultMaxPerSecond);
    }

    private static string? FaultOf(TelemetryFilter filter, int partitions)
    {
        if (filter.DeviceIds is { Count: > MaxDeviceIds })
            return $"deviceIds has at most {MaxDeviceIds} ids.";
        if (filter.Partition is { } partition && (partition < 0 || partition >= partitions))
            return $"There is no partition {partition}; the partitions are 0 to {partitions - 1}.";
        if (filter.Q is { Length: > MaxTextLength })
            return $"q has at most {MaxTextLength} characters.";
        if (filter.Properties is { Count: > MaxProperties })
            return $"properties has at most {MaxProperties} names.";
        if (filter.Properties is not null && filter.Properties.Values.Any(value => value is null))
            return "A property's value is a text.";
        return filter.MaxPerSecond is < 1 or > MaxRowsPerSecond ? $"maxPerSecond is 1 to {MaxRowsPerSecond}." : null;
    }

    private static string? ReadFrom(JsonElement? from, int partitions, Dictionary<int, long> after)
    {
        const string rule = "from is \"now\", or an object of partitions with the sequence numbers to begin with, such as { \"0\": \"42\" }.";
        if (from is not { } element || element.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return null;
        if (element.ValueKind == JsonValueKind.String)
            return element.ValueEquals("now") ? null : rule;
        if (element.ValueKind != JsonValueKind.Object)
            return rule;

        foreach (var property in element.EnumerateObject())
        {
            if (!int.TryParse(property.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var partition) || partition >= partitions)
                return $"from names a partition that there is not; they are 0 to {partitions - 1}.";
            if (ReadSequenceNumber(property.Value) is not { } number || number < 0)
                return "from gives for a partition the sequence number to begin with, 0 for the very first.";
            after[partition] = number - 1;
        }

        return null;
    }

    private static long? ReadSequenceNumber(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt64(out var number) => number,
        JsonValueKind.String when long.TryParse(
            value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };
}
