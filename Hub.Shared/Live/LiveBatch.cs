using System.Collections.ObjectModel;

namespace Hub.Shared.Live;

/// <summary>
/// What a viewer gets at most every 100 ms while something happens, and at least every 5 s, empty, as a sign of life.
/// The counts speak of the time since the batch before and of messages that pass the filter.
/// </summary>
/// <typeparam name="T">The kind of row.</typeparam>
public sealed record LiveBatch<T>
{
    /// <summary>The rows, in the order in which they were stored, partition by partition.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>How many messages passed the filter, shown or not.</summary>
    public required long Received { get; init; }

    /// <summary>How many messages the viewer was too slow for, before the filter was applied; they can be read from the log.</summary>
    public required long Dropped { get; init; }

    /// <summary>How many messages passed the filter and were left out by sampling.</summary>
    public required long Sampled { get; init; }

    /// <summary>While stored messages are being sent: how many seconds ago those were stored that come next. 0 once what comes is live.</summary>
    public double BehindSeconds { get; init; }

    /// <summary>
    /// By partition the sequence number that comes next, matched or not. Handed back as <see cref="TelemetryFilter.From"/> by whoever
    /// connects again, the stream goes on without gap or duplicate. The first batch comes at once, so that it is known from the beginning.
    /// </summary>
    public IReadOnlyDictionary<string, string> Next { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}
