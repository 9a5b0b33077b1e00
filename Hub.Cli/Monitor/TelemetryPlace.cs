using System.Globalization;
using System.Text.Json;
using Hub.Shared.Messages;

namespace Hub.Cli.Monitor;

/// <summary>
/// How far a tail has come in each partition. Before the first message of a partition that is where the tail is to begin in it, or
/// where the partition ended when the tail began, so that a break before its first message loses none either.
/// </summary>
internal sealed class TelemetryPlace(HubApi api, int? onlyPartition, TelemetryStart start)
{
    private readonly Dictionary<int, long> _next = new(start.From);
    private bool _known;

    /// <summary>Asks the hub where its partitions end; gives those that end before the place where the tail was: their log began anew.</summary>
    public async Task<IReadOnlyList<int>> FindAsync(CancellationToken cancellationToken)
    {
        var reset = new List<int>();
        var partitions = await api.ListPartitionsAsync(cancellationToken);
        if (onlyPartition is { } only && partitions.All(p => p.Partition != only))
            throw new CommandException($"There is no partition {only}; the partitions are 0 to {partitions.Count - 1}.");
        foreach (var state in partitions.Where(p => onlyPartition is null || p.Partition == onlyPartition))
        {
            // The overview may be a second old, which matters only while messages come; then the log has a newest one.
            var last = await api.FindLastSequenceNumberAsync(state.Partition, cancellationToken) ?? state.LastSequenceNumber;
            if (!_next.TryGetValue(state.Partition, out var next))
            {
                _next[state.Partition] = await FindStartAsync(state.Partition, cancellationToken) ?? last + 1;
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

    /// <summary>The first message of a partition since the time that was asked for; null when there is none, or none was asked for.</summary>
    private async Task<long?> FindStartAsync(int partition, CancellationToken cancellationToken) =>
        start.Since is { } since ? await api.FindFirstSequenceNumberAsync(partition, since, cancellationToken) : null;

    /// <summary>Remembers what was given out.</summary>
    public void Pass(IReadOnlyList<TelemetryItem> items)
    {
        foreach (var item in items)
            _next[item.Partition] = item.SequenceNumber + 1;
    }

    /// <summary>As the live hub reads it.</summary>
    public JsonElement ToJson() => ToJson(_next);

    /// <summary>Where the tail begins, as the live hub reads it; null for now.</summary>
    public JsonElement? StartToJson() => start.Since is not null ? ToJson() : start.From.Count > 0 ? ToJson(start.From) : null;

    private static JsonElement ToJson(IReadOnlyDictionary<int, long> next) => JsonSerializer.SerializeToElement(next.ToDictionary(
        p => p.Key.ToString(CultureInfo.InvariantCulture), p => p.Value.ToString(CultureInfo.InvariantCulture)));
}

/// <summary>Where a tail begins.</summary>
/// <param name="From">The sequence number of the first message, for some partitions.</param>
/// <param name="Since">When the first message of the others was enqueued, at the earliest; null: they begin now.</param>
internal sealed record TelemetryStart(IReadOnlyDictionary<int, long> From, DateTimeOffset? Since)
{
    public string InWords() => (From.Count, Since) switch
    {
        (0, null) => "from now on",
        (0, { } since) => $"from {since:yyyy-MM-dd HH:mm:ss} UTC on",
        (_, null) => "from the places given on",
        (_, { } since) => $"from the places given on, and from {since:yyyy-MM-dd HH:mm:ss} UTC on in the other partitions",
    };
}
