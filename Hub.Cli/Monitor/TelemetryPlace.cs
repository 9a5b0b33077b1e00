using System.Globalization;
using System.Text.Json;
using Hub.Shared.Messages;

namespace Hub.Cli.Monitor;

/// <summary>
/// How far a tail has come in each partition. Before the first message of a partition that is where the partition ended when the
/// tail began, so that a break before its first message loses none either.
/// </summary>
internal sealed class TelemetryPlace(HubApi api, int? onlyPartition, IReadOnlyDictionary<int, long> from)
{
    private readonly Dictionary<int, long> _next = new(from);
    private bool _known;

    /// <summary>Asks the hub where its partitions end; gives those that end before the place where the tail was: their log began anew.</summary>
    public async Task<IReadOnlyList<int>> FindAsync(CancellationToken cancellationToken)
    {
        var reset = new List<int>();
        var partitions = await api.ListPartitionsAsync(cancellationToken);
        if (onlyPartition is { } only && partitions.All(p => p.Partition != only))
            throw new CommandException($"The hub refuses the filter: partition is 0 to {partitions.Count - 1}.");
        foreach (var state in partitions.Where(p => onlyPartition is null || p.Partition == onlyPartition))
        {
            // The overview may be a second old, which matters only while messages come; then the log has a newest one.
            var last = await api.FindLastSequenceNumberAsync(state.Partition, cancellationToken) ?? state.LastSequenceNumber;
            if (!_next.TryGetValue(state.Partition, out var next))
            {
                _next[state.Partition] = last + 1;
            }
            else if (_known && last + 1 < next)
            {
                reset.Add(state.Partition);
                _next[state.Partition] = 0;
            }
        }

        _known = true;
        return reset;
    }

    /// <summary>Remembers what was given out.</summary>
    public void Pass(IReadOnlyList<TelemetryItem> items)
    {
        foreach (var item in items)
            _next[item.Partition] = item.SequenceNumber + 1;
    }

    public JsonElement ToJson() => ToJson(_next)!.Value;

    /// <summary>As the live hub reads it; null for now.</summary>
    public static JsonElement? ToJson(IReadOnlyDictionary<int, long> next) => next.Count == 0
        ? null
        : JsonSerializer.SerializeToElement(next.ToDictionary(
            p => p.Key.ToString(CultureInfo.InvariantCulture), p => p.Value.ToString(CultureInfo.InvariantCulture)));
}
