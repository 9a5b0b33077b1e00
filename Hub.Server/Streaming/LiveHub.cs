using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Security;
using Hub.Server.Security.Operators;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace Hub.Server.Streaming;

/// <summary>What browsers and tools connect to for what happens now. SignalR makes one instance for each call.</summary>
[Authorize(AccessPolicies.ServiceConnect)]
internal sealed class LiveHub(
    MessageFeed feed,
    IMessageLog log,
    DeviceBoundFeed messages,
    IDeviceBoundStore store,
    OverviewWatchers watchers,
    OperatorSessionWatch sessions,
    TimeProvider time,
    LiveMetrics metrics,
    IHostApplicationLifetime lifetime,
    FailedCalls failed)
    : Hub<ILiveClient>, ILiveHub
{
    /// <summary>Open streams of one connection; a page needs one or two.</summary>
    public const int MaxStreams = 8;

    private static readonly object StreamsKey = new();
    private static readonly object SessionKey = new();

    public IAsyncEnumerable<LiveBatch<TelemetryItem>> StreamTelemetry(TelemetryFilter filter, CancellationToken cancellationToken)
    {
        if (LiveFilter.TryCreate(filter, log.PartitionCount, out var fault) is not { } live)
            throw new HubException(fault);
        if (feed.Full is { } full)
            throw new HubException(full);
        var batches = new TelemetryStream(feed, log, live, time, metrics).ReadAsync(cancellationToken);
        return WatchedAsync(nameof(StreamTelemetry), CountedAsync(batches, OpenStreams()), failed);
    }

    public IAsyncEnumerable<LiveBatch<DeviceBoundChange>> StreamMessages(TelemetryFilter filter, CancellationToken cancellationToken)
    {
        if (LiveFilter.TryCreate(filter, log.PartitionCount, out var fault) is not { } live)
            throw new HubException(fault);
        if (live.Match.Partition is not null || live.After.Count > 0)
            throw new HubException("Messages to devices have no partitions, and their stream begins now: leave partition and from out.");
        if (messages.Full is { } full)
            throw new HubException(full);
        var batches = new MessageStream(messages, store, live.Match, live.MaxPerSecond, time, metrics).ReadAsync(cancellationToken);
        return WatchedAsync(nameof(StreamMessages), CountedAsync(batches, OpenStreams()), failed);
    }

    public Task WatchOverview(bool watch)
    {
        if (watch)
            watchers.Add(Context.ConnectionId);
        else
            watchers.Remove(Context.ConnectionId);
        return Task.CompletedTask;
    }

    public override Task OnConnectedAsync()
    {
        Context.Items[SessionKey] = sessions.Watch(Context.User, Context.Abort);
        // A client that was closed because the hub stops comes back at once, and through a door that is still open: SignalR would not
        // close it again, and the stop would wait for it in vain.
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            Context.Abort();
        return base.OnConnectedAsync();
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        (Context.Items[SessionKey] as IDisposable)?.Dispose();
        watchers.Remove(Context.ConnectionId);
        return base.OnDisconnectedAsync(exception);
    }

    private StreamCount OpenStreams()
    {
        lock (Context.Items)
        {
            if (Context.Items.TryGetValue(StreamsKey, out var known) && known is StreamCount count)
                return count;
            var first = new StreamCount();
            Context.Items[StreamsKey] = first;
            return first;
        }
    }

    private static async IAsyncEnumerable<LiveBatch<T>> CountedAsync<T>(IAsyncEnumerable<LiveBatch<T>> batches, StreamCount open)
    {
        try
        {
            if (Interlocked.Increment(ref open.Value) > MaxStreams)
                throw new HubException($"A connection may have {MaxStreams} streams open; end one first.");
            await foreach (var batch in batches)
                yield return batch;
        }
        finally
        {
            Interlocked.Decrement(ref open.Value);
        }
    }

    /// <summary>A stream is read after its method has returned, so what ends it is noted here.</summary>
    private static async IAsyncEnumerable<LiveBatch<T>> WatchedAsync<T>(string method, IAsyncEnumerable<LiveBatch<T>> batches, FailedCalls failed)
    {
        await using var reading = batches.GetAsyncEnumerator();
        while (true)
        {
            try
            {
                if (!await reading.MoveNextAsync())
                    yield break;
            }
            catch (Exception exception)
            {
                failed.Note(method, exception);
                throw;
            }

            yield return reading.Current;
        }
    }

    /// <summary>How many streams a connection has open; lives as long as the connection.</summary>
    private sealed class StreamCount
    {
        public int Value;
    }
}
