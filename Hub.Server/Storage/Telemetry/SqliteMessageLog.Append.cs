using Hub.Server.Messaging.DeviceToCloud;

namespace Hub.Server.Storage.Telemetry;

/// <summary>Writing: appends, new segments, and the way back after a fault.</summary>
internal sealed partial class SqliteMessageLog
{
    public ValueTask AppendAsync(IReadOnlyList<LogAppend> batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_writeLock)
            Append(batch);
        return ValueTask.CompletedTask;
    }

    public ValueTask<string?> ProbeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_writeLock)
        {
            if (_readOnlyReason is not null)
                return new(_readOnlyReason);
            try
            {
                EnsureWriter().Probe(_time.GetUtcNow());
                return new((string?)null);
            }
            catch (Exception exception) when (IsFault(exception) || exception is MessageLogException)
            {
                Log.ProbeFailed(_logger, exception);
                LeaveFaultyWriter(exception);
                return new(exception is MessageLogException ? exception.Message : AsLogException(exception).Message);
            }
        }
    }

    private void Append(IReadOnlyList<LogAppend> batch)
    {
        if (_readOnlyReason is not null)
            throw new MessageLogException(_readOnlyReason, MessageLogFault.InputOutput);
        try
        {
            // 1. A sound writer on the right segment, with room in its write-ahead log.
            var writer = EnsureWriter();
            writer = RollIfDue(writer);
            writer.CheckpointIfDue();

            // 2. One transaction: a block for each partition that something came for.
            var catalog = _catalog;
            writer.Begin();
            for (var partition = 0; partition < _appenders.Length; partition++)
                _appenders[partition].Begin(catalog.Next[partition]);
            for (var i = 0; i < batch.Count; i++)
                _appenders[batch[i].Partition].Add(batch[i], writer);
            foreach (var appender in _appenders)
                appender.Flush(writer);
            writer.Commit();
        }
        catch (Exception exception)
        {
            LeaveFaultyWriter(exception);
            if (IsFault(exception))
                throw AsLogException(exception);
            throw;
        }

        // 3. Only now is it the log's: number the appends, and let readers see them.
        Publish(batch);
    }

    private void Publish(IReadOnlyList<LogAppend> batch)
    {
        var catalog = _catalog;
        Span<long> next = stackalloc long[_appenders.Length];
        catalog.Next.CopyTo(next);
        for (var i = 0; i < batch.Count; i++)
        {
            var append = batch[i];
            append.FirstSequenceNumber = next[append.Partition];
            next[append.Partition] += append.Messages.Length;
            _latestTicks = Math.Max(_latestTicks, append.EnqueuedTime.UtcTicks);
        }

        var lastTicks = (long[])catalog.LastTicks.Clone();
        for (var partition = 0; partition < _appenders.Length; partition++)
        {
            var appender = _appenders[partition];
            if (appender.LastTicks < 0)
                continue;
            lastTicks[partition] = appender.LastTicks;
            // Before the catalog shows them: a query that sees their numbers must find them in the index.
            catalog.Active.Index.Add(partition, appender.Spans, appender.Next);
        }

        _catalog = catalog with { Next = next.ToArray(), LastTicks = lastTicks };
    }

    private SegmentWriter RollIfDue(SegmentWriter writer)
    {
        var old = _time.GetUtcNow() - writer.Segment.Head.StartedAt >= _options.SegmentSpan && HasMessages(_catalog);
        return old || writer.SizeInBytes >= _options.SegmentBytes ? Roll(writer) : writer;
    }

    /// <summary>Begins a new segment. When that fails, the old one stays the active one.</summary>
    private SegmentWriter Roll(SegmentWriter writer)
    {
        var catalog = _catalog;
        var segment = CreateSegment(SegmentFile.PathOf(_options.Directory, NumberOf(catalog.Active) + 1), catalog.Next);
        var next = new SegmentWriter(segment, _options.WriteAheadBytes);
        _writer = next;
        _catalog = catalog with { Segments = [.. catalog.Segments, segment] };
        try
        {
            writer.Seal();
        }
        catch (SqliteFaultException fault)
        {
            // Its messages stand in its write-ahead log and are read from there.
            Log.NotSealed(_logger, writer.Segment.Path, fault);
        }

        writer.Dispose();
        return next;
    }

    private Segment CreateSegment(string path, IReadOnlyList<long> next)
    {
        // What an attempt before this one left never held a message.
        SegmentFile.Delete(path);
        var now = _time.GetUtcNow();
        SegmentFile.Create(path, next, now, _latestTicks);
        return new Segment(path, new SegmentHead([.. next], now, _latestTicks));
    }

    /// <summary>
    /// After a fault the log must know what is durable. A full disk leaves the connection sound once the transaction is undone. After
    /// anything else (a failed fsync may have dropped pages) it is closed without a write, and opened and checked before the next use.
    /// </summary>
    private void LeaveFaultyWriter(Exception exception)
    {
        if (_writer is null)
            return;
        var undone = _writer.TryRollback();
        if (undone && exception is not (SqliteFaultException { Fault: MessageLogFault.InputOutput } or IOException or UnauthorizedAccessException))
            return;
        _writer.Abandon();
        _writer = null;
    }

    private SegmentWriter EnsureWriter()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_writer is not null)
            return _writer;

        var catalog = _catalog;
        var writer = new SegmentWriter(catalog.Active, _options.WriteAheadBytes);
        try
        {
            Verify(catalog, writer);
        }
        catch (Exception)
        {
            writer.Abandon();
            throw;
        }

        return _writer = writer;
    }

    /// <summary>Compares what the file holds with what was acknowledged.</summary>
    private void Verify(SegmentCatalog catalog, SegmentWriter writer)
    {
        var ends = SegmentEnds.Read(catalog.Active, _damage);
        for (var partition = 0; partition < ends.Next.Length; partition++)
        {
            // What was missing at the start already is reported and will not come back.
            if (Math.Max(ends.Next[partition], _missingUntil[partition]) < catalog.Next[partition])
            {
                _readOnlyReason = $"The telemetry log is read-only: messages from {ends.Next[partition]} on of partition {partition}, which were stored, "
                    + $"are missing from {catalog.Active.Path}. Check the disk, and start the hub again.";
                Log.AcknowledgedMissing(_logger, partition, ends.Next[partition], catalog.Next[partition] - 1, catalog.Active.Path);
                throw new MessageLogException(_readOnlyReason, MessageLogFault.InputOutput);
            }

            // A commit that failed may be there all the same; its senders were refused, and its numbers will be given again.
            if (ends.Next[partition] > catalog.Next[partition])
                writer.RemoveFrom(partition, catalog.Next[partition]);
        }
    }

    /// <summary>Whether the file or its disk is what failed, and not the code.</summary>
    private static bool IsFault(Exception exception) =>
        exception is SqliteFaultException or IOException or UnauthorizedAccessException or NotSupportedException;

    private static MessageLogException AsLogException(Exception exception)
    {
        var fault = exception is SqliteFaultException sqlite ? sqlite.Fault : MessageLogFault.InputOutput;
        var text = fault == MessageLogFault.Full ? "The disk is full: free space, then telemetry is taken again." : "Telemetry cannot be written: " + exception.Message;
        return new MessageLogException(text, fault, exception);
    }
}
