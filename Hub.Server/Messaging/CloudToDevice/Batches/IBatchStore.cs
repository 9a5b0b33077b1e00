using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.CloudToDevice.Batches;

/// <summary>
/// Where batches rest. What a batch does with an item, and that it has done so, is one transaction: a crash repeats nothing and leaves
/// nothing out. Safe from any thread.
/// </summary>
internal interface IBatchStore
{
    /// <summary>Stores a batch, with its items where they are known, and holds back what it names where it is held.</summary>
    ValueTask<Batch> AddAsync(NewBatch batch, CancellationToken cancellationToken);

    /// <summary>Adds items to a batch whose items were not known when it was stored.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="items">The items, in order.</param>
    /// <param name="isFirst">Whether to begin anew, without what was added before.</param>
    /// <param name="isLast">Whether these are all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask PrepareAsync(long id, IReadOnlyList<BatchSubject> items, bool isFirst, bool isLast, CancellationToken cancellationToken);

    /// <summary>Does the next items of a batch that is not held or stopped; it is finished when none is left.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="max">How many at most.</param>
    /// <param name="step">Says what to do with an item. Called inside the transaction, perhaps twice.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether there is more to do.</returns>
    ValueTask<bool> StepAsync(long id, int max, Func<BatchSubject, BatchStep> step, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Stops a batch; lets go what it held back. Null when there is none; one that has ended stays as it is.</summary>
    ValueTask<Batch?> StopAsync(long id, string by, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>A batch, with the states of what it sent; null when there is none.</summary>
    ValueTask<Batch?> FindAsync(long id, CancellationToken cancellationToken);

    /// <summary>Batches by page, the newest first.</summary>
    /// <exception cref="FormatException">The cursor is not one that was given for this list.</exception>
    ValueTask<BatchPage> ListAsync(int limit, string? cursor, CancellationToken cancellationToken);

    /// <summary>The items of a batch by page, in order.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="refused">Only those that were (true) or were not (false) refused.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cursor">Where the page before ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="FormatException">The cursor is not one that was given for this list.</exception>
    ValueTask<BatchItemPage> ListItemsAsync(long id, bool? refused, int limit, string? cursor, CancellationToken cancellationToken);

    /// <summary>What has not ended.</summary>
    ValueTask<IReadOnlyList<BatchUnderWay>> ListUnderWayAsync(CancellationToken cancellationToken);

    /// <summary>Drops batches that ended before a time; returns how many.</summary>
    ValueTask<int> DropEndedAsync(DateTimeOffset before, int max, CancellationToken cancellationToken);
}

/// <summary>A batch that is to be stored.</summary>
internal sealed record NewBatch
{
    public required BatchKind Kind { get; init; }

    /// <summary>On what, in words.</summary>
    public required string Target { get; init; }

    public required string By { get; init; }

    public required DateTimeOffset CreatedTime { get; init; }

    public DateTimeOffset? HeldUntil { get; init; }

    /// <summary>What is done with each item.</summary>
    public required BatchDefinition Definition { get; init; }

    /// <summary>What it works on, in order; null when that has to be looked for first.</summary>
    public IReadOnlyList<BatchSubject>? Items { get; init; }

    /// <summary>Works on all that is in the queue of this device when the batch is stored.</summary>
    public DeviceId? QueueOf { get; init; }
}

/// <summary>What a batch does one thing with.</summary>
/// <param name="DeviceId">The device.</param>
/// <param name="MessageId">The dead letter or message; null when one is sent.</param>
internal readonly record struct BatchSubject(DeviceId DeviceId, long? MessageId = null);

/// <summary>A batch that has not ended.</summary>
/// <param name="Batch">How far it is.</param>
/// <param name="Definition">What it does.</param>
/// <param name="IsPrepared">Whether all its items are there.</param>
internal sealed record BatchUnderWay(Batch Batch, BatchDefinition Definition, bool IsPrepared);

/// <summary>A page of batches.</summary>
internal sealed record BatchPage(IReadOnlyList<Batch> Items, string? NextCursor);

/// <summary>A page of what a batch works on.</summary>
internal sealed record BatchItemPage(IReadOnlyList<BatchItem> Items, string? NextCursor);
