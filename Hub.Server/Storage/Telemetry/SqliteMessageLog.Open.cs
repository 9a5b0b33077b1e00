using System.Globalization;
using Hub.Server.Messaging.DeviceToCloud;

namespace Hub.Server.Storage.Telemetry;

/// <summary>Opening, and dropping what has expired.</summary>
internal sealed partial class SqliteMessageLog
{
    public ValueTask<int> DropExpiredAsync(DateTimeOffset olderThan, long maxBytes, CancellationToken cancellationToken)
    {
        Segment[] dropped;
        lock (_writeLock)
        {
            try
            {
                RollExpired(olderThan, maxBytes);
            }
            catch (Exception exception) when (IsFault(exception))
            {
                LeaveFaultyWriter(exception);
                // On a full disk no file can be begun, but older ones can be dropped all the same.
                Log.NotRolled(_logger, exception);
            }

            var catalog = _catalog;
            var count = CountExpired(catalog, olderThan, maxBytes);
            dropped = catalog.Segments[..count];
            if (count > 0)
                _catalog = catalog with { Segments = catalog.Segments[count..] };
            _toDelete.AddRange(dropped);
        }

        DeleteDropped();
        return new(dropped.Length);
    }

    /// <summary>Deletes what is dropped, and tries again what could not be deleted before; one that cannot be deleted keeps no other.</summary>
    /// <exception cref="MessageLogException">Some could not be deleted.</exception>
    private void DeleteDropped()
    {
        Segment[] segments;
        lock (_writeLock)
            segments = [.. _toDelete];
        Exception? fault = null;
        foreach (var segment in segments)
        {
            try
            {
                // Somebody still reads it: the next minute looks again.
                if (!segment.Drop())
                    continue;
                lock (_writeLock)
                    _toDelete.Remove(segment);
                Log.SegmentDropped(_logger, segment.Path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                fault ??= exception;
            }
        }

        if (fault is not null)
            throw new MessageLogException("An expired file of the telemetry log cannot be deleted: " + fault.Message, MessageLogFault.InputOutput, fault);
    }

    /// <summary>The active segment can only be dropped once another one is: the next sequence numbers stand in it.</summary>
    private void RollExpired(DateTimeOffset olderThan, long maxBytes)
    {
        var catalog = _catalog;
        if (_readOnlyReason is not null || !HasMessages(catalog))
            return;
        if (_latestTicks < olderThan.UtcTicks || (maxBytes > 0 && catalog.Active.SizeInBytes > maxBytes))
            Roll(EnsureWriter());
    }

    private static int CountExpired(SegmentCatalog catalog, DateTimeOffset olderThan, long maxBytes)
    {
        var total = maxBytes > 0 ? catalog.Segments.Sum(segment => segment.SizeInBytes) : 0;
        var count = 0;
        while (count < catalog.Segments.Length - 1)
        {
            var expired = catalog.Segments[count + 1].Head.EarlierUntilTicks < olderThan.UtcTicks;
            if (!expired && (maxBytes == 0 || total <= maxBytes))
                break;
            total -= maxBytes > 0 ? catalog.Segments[count].SizeInBytes : 0;
            count++;
        }

        return count;
    }

    private static bool HasMessages(SegmentCatalog catalog) => !catalog.Next.AsSpan().SequenceEqual(catalog.Active.Head.FirstSequences.ToArray());

    private SegmentCatalog Open()
    {
        Directory.CreateDirectory(_options.Directory);
        SegmentFile.DeleteOrphans(_options.Directory);
        var numbers = SegmentFile.NumbersIn(_options.Directory);
        var segments = new List<Segment>();
        Exception? newestFault = null;
        foreach (var number in numbers)
        {
            var path = SegmentFile.PathOf(_options.Directory, number);
            var newest = number == numbers[^1];
            try
            {
                SegmentFile.TakeBackHalfMade(path);
                if (newest && SegmentFile.IsUnborn(path))
                    SegmentFile.Delete(path);
                else
                    segments.Add(OpenSegment(path));
            }
            catch (SqliteFaultException fault) when (!fault.IsDamage)
            {
                // The disk fails, which says nothing about the file: it must not be left out as if it were damaged.
                throw CannotOpen(path, fault);
            }
            catch (Exception exception) when (exception is SqliteFaultException or InvalidDataException)
            {
                _damage.File(path, exception);
                newestFault = newest ? exception : null;
            }
        }

        if (segments.Count == 0 && newestFault is null)
            segments.Add(CreateSegment(SegmentFile.PathOf(_options.Directory, numbers.Length == 0 ? 1 : numbers[^1] + 1), new long[_options.Partitions]));
        if (segments.Count == 0)
        {
            throw new StorageUnusableException(
                $"The telemetry log in {_options.Directory} cannot be read: {newestFault!.Message} Restore it from a backup, or move its files away to begin anew.");
        }

        if (newestFault is not null)
        {
            _readOnlyReason = $"The telemetry log is read-only: its newest file cannot be read ({newestFault.Message}), so the next sequence numbers are not "
                + "known. Restore it from a backup, or move the files of the telemetry directory away, and start the hub again.";
            Log.ReadOnly(_logger, _readOnlyReason);
        }

        return OpenActive(segments);
    }

    private SegmentCatalog OpenActive(List<Segment> segments)
    {
        var active = segments[^1];
        try
        {
            if (_readOnlyReason is null)
                _writer = new SegmentWriter(active, _options.WriteAheadBytes);
            var ends = SegmentEnds.Read(active, _damage);
            SkipWhatIsMissing(active, ends);
            active.Index.BeginAt(ends.Next);
            for (var segment = 0; segment < segments.Count - 1; segment++)
                segments[segment].Index.BeginAt(segments[segment + 1].Head.FirstSequences);
            _latestTicks = Math.Max(active.Head.EarlierUntilTicks, ends.LastTicks.Max());
            return new SegmentCatalog([.. segments], ends.Next, FillLastTicks(segments, ends.LastTicks));
        }
        catch (Exception fault) when (fault is SqliteFaultException or IOException)
        {
            _writer?.Abandon();
            throw CannotOpen(active.Path, fault);
        }
    }

    /// <summary>
    /// A flipped bit in a write-ahead log that a crash left makes SQLite take what lies before it for the whole. The index is a witness
    /// in another file, at most a minute behind: what it has seen is reported as missing, and its numbers are not given again.
    /// </summary>
    private void SkipWhatIsMissing(Segment active, SegmentEnds ends)
    {
        for (var partition = 0; partition < ends.Next.Length; partition++)
        {
            var witnessed = active.Index.WitnessedEnd(partition, ends.Next[partition]);
            if (witnessed == ends.Next[partition])
                continue;
            _damage.Gap(active, partition, ends.Next[partition], witnessed);
            _missingUntil[partition] = ends.Next[partition] = witnessed;
        }
    }

    /// <summary>
    /// A partition that the active segment has nothing of had its newest message in an earlier one. In which, the heads tell, which are
    /// read: no other file is opened once more.
    /// </summary>
    private long[] FillLastTicks(List<Segment> segments, long[] lastTicks)
    {
        for (var segment = segments.Count - 2; segment >= 0 && lastTicks.AsSpan().Contains(-1); segment--)
        {
            var (first, next) = (segments[segment].Head.FirstSequences, segments[segment + 1].Head.FirstSequences);
            if (!lastTicks.Where((ticks, partition) => ticks < 0 && first[partition] < next[partition]).Any())
                continue;
            var ends = SegmentEnds.Read(segments[segment], _damage);
            for (var partition = 0; partition < lastTicks.Length; partition++)
            {
                if (lastTicks[partition] < 0)
                    lastTicks[partition] = ends.LastTicks[partition];
            }
        }

        return lastTicks;
    }

    private Segment OpenSegment(string path)
    {
        SegmentHead head;
        using (var database = SqliteDatabase.Open(path, write: false))
            head = SegmentFile.ReadHead(database);
        if (head.FirstSequences.Count != _options.Partitions)
        {
            throw new StorageUnusableException(
                $"{DeviceToCloudOptions.Section}:{nameof(DeviceToCloudOptions.Partitions)} is {_options.Partitions}, but the stored telemetry has "
                + $"{head.FirstSequences.Count} partitions. Set it back to {head.FirstSequences.Count}, or begin with an empty data directory.");
        }

        return new Segment(path, head);
    }

    private static StorageUnusableException CannotOpen(string path, Exception fault) => new(
        fault is SqliteFaultException { Fault: MessageLogFault.Full }
            ? $"The telemetry log cannot be opened, for the volume of {path} is full: free some megabytes, and start the hub again."
            : $"The telemetry log cannot be opened: {fault.Message} ({path}). Check the disk and the file.",
        fault);

    private static long NumberOf(Segment segment) => long.Parse(Path.GetFileNameWithoutExtension(segment.Path), CultureInfo.InvariantCulture);

    private static partial class Log
    {
        [LoggerMessage(EventIds.Storage + 23, LogLevel.Critical, "{Reason}")]
        public static partial void ReadOnly(ILogger logger, string reason);

        [LoggerMessage(EventIds.Storage + 24, LogLevel.Critical,
            "Stored messages {First} to {Last} of partition {Partition} are missing from {File} after a write fault; telemetry is read-only now.")]
        public static partial void AcknowledgedMissing(ILogger logger, int partition, long first, long last, string file);

        [LoggerMessage(EventIds.Storage + 25, LogLevel.Warning, "The probe write to the telemetry log failed.")]
        public static partial void ProbeFailed(ILogger logger, Exception exception);

        [LoggerMessage(EventIds.Storage + 26, LogLevel.Warning, "The write-ahead log of {File} could not be moved into the file; its messages are read from there.")]
        public static partial void NotSealed(ILogger logger, string file, Exception exception);

        [LoggerMessage(EventIds.Storage + 27, LogLevel.Warning, "The index of {File} could not be saved; it stays in memory until it can.")]
        public static partial void IndexNotSaved(ILogger logger, string file, Exception exception);

        [LoggerMessage(EventIds.Storage + 28, LogLevel.Information, "Dropped the expired telemetry file {File}.")]
        public static partial void SegmentDropped(ILogger logger, string file);

        [LoggerMessage(EventIds.Storage + 29, LogLevel.Warning, "No new telemetry file could be begun, so the active one is not dropped yet.")]
        public static partial void NotRolled(ILogger logger, Exception exception);
    }
}
