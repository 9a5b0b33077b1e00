using System.Runtime.CompilerServices;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Messages;

namespace Hub.Server.Storage.Telemetry;

/// <summary>
/// The durable log: blocks in SQLite files, one for each span of time (segments), of which the last is written. The write lock guards
/// the writer; readers take the catalog as it is and never wait for the writer. Singleton; owns the directory.
/// </summary>
internal sealed partial class SqliteMessageLog : IMessageLog, IDisposable
{
    private readonly TelemetryLogOptions _options;
    private readonly TelemetryDamage _damage;
    private readonly TimeProvider _time;
    private readonly ILogger<SqliteMessageLog> _logger;
    private readonly Lock _writeLock = new();
    private readonly SemaphoreSlim _queries = new(Math.Max(2, Environment.ProcessorCount));
    private readonly PartitionAppender[] _appenders;
    private readonly long[] _missingUntil;

    /// <summary>Dropped, but perhaps still on the disk; under the write lock.</summary>
    private readonly List<Segment> _toDelete = [];
    private volatile SegmentCatalog _catalog;
    private SegmentWriter? _writer;
    private long _latestTicks;
    private string? _readOnlyReason;
    private bool _disposed;

    /// <summary>Opens the log of a directory, or begins one.</summary>
    /// <exception cref="StorageUnusableException">The directory holds something that the hub must not go on with; says what.</exception>
    public SqliteMessageLog(TelemetryLogOptions options, TelemetryDamage damage, TimeProvider time, ILogger<SqliteMessageLog> logger)
    {
        (_options, _damage, _time, _logger) = (options, damage, time, logger);
        _appenders = new PartitionAppender[options.Partitions];
        _missingUntil = new long[options.Partitions];
        for (var partition = 0; partition < _appenders.Length; partition++)
            _appenders[partition] = new PartitionAppender(partition, options.BlockBytes);
        _catalog = Open();
    }

    public int PartitionCount => _options.Partitions;

    public IReadOnlyList<PartitionState> Partitions
    {
        get
        {
            var catalog = _catalog;
            var states = new PartitionState[catalog.Next.Length];
            for (var partition = 0; partition < states.Length; partition++)
            {
                var ticks = catalog.LastTicks[partition];
                states[partition] = new PartitionState(
                    partition, catalog.FirstSequence(partition), catalog.Next[partition] - 1, ticks < 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero));
            }

            return states;
        }
    }

    public long SizeInBytes => _catalog.Segments.Sum(segment => segment.SizeInBytes);

    public async IAsyncEnumerable<IReadOnlyList<LoggedMessage>> ReadAsync(
        int partition, long fromSequenceNumber, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)partition, (uint)PartitionCount);
        var position = fromSequenceNumber;
        while (true)
        {
            // A reader is kept for one block only: a slow consumer must not hold on to a file that is to be dropped.
            var (chunk, next) = await WithQuerySlotAsync(() => ReadChunk(partition, position, cancellationToken), cancellationToken);
            position = next;
            if (chunk.Count > 0)
                yield return chunk;
            else if (position >= _catalog.Next[partition])
                yield break;
        }
    }

    public async ValueTask<LogPage> QueryAsync(TelemetryQuery query, CancellationToken cancellationToken) =>
        await WithQuerySlotAsync(() => LogQuery.Run(_catalog, _damage, _time, query, cancellationToken), cancellationToken);

    /// <summary>Saves what the index has in memory, and closes files that nobody reads. Called once a minute.</summary>
    public void Maintain(CancellationToken cancellationToken)
    {
        foreach (var segment in _catalog.Segments)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                segment.Index.Save(cancellationToken);
            }
            catch (Exception fault) when (IsFault(fault))
            {
                // It stays in memory, and the next minute tries again.
                Log.IndexNotSaved(_logger, segment.Path, fault);
            }

            segment.SweepReaders();
        }
    }

    public void Dispose()
    {
        lock (_writeLock)
        {
            if (_disposed)
                return;
            _disposed = true;
            // Only what memory holds: making an index anew reads up to a whole file, and whoever stops a hub does not wait for that.
            foreach (var segment in _catalog.Segments)
                SaveMemory(segment);
            // Readers first: the last connection to close is the one that may move the write-ahead log into the file.
            foreach (var segment in _catalog.Segments)
            {
                segment.CloseReaders();
                segment.Index.CloseReader();
            }

            CloseWriter();
        }

        _queries.Dispose();
    }

    private void SaveMemory(Segment segment)
    {
        try
        {
            segment.Index.SaveMemory();
        }
        catch (Exception fault) when (IsFault(fault))
        {
            // The next start makes it anew.
            Log.IndexNotSaved(_logger, segment.Path, fault);
        }
    }

    private void CloseWriter()
    {
        if (_writer is null)
            return;
        try
        {
            _writer.Seal();
        }
        catch (SqliteFaultException fault)
        {
            Log.NotSealed(_logger, _writer.Segment.Path, fault);
        }

        _writer.Dispose();
        _writer = null;
    }

    private (IReadOnlyList<LoggedMessage> Chunk, long Next) ReadChunk(int partition, long position, CancellationToken cancellationToken)
    {
        using var scan = new PartitionScan(_catalog, _damage, Blocks.BlockFilter.All, partition, position, 0, descending: false);
        scan.Advance(new ScanBudget(_time, LogQuery.MaxScannedBytes, LogQuery.MaxDuration), cancellationToken);
        var chunk = scan.TakeFound();
        return (chunk, scan.Position);
    }

    /// <summary>Reading occupies a thread, so only so many read at once.</summary>
    private async ValueTask<T> WithQuerySlotAsync<T>(Func<T> read, CancellationToken cancellationToken)
    {
        await _queries.WaitAsync(cancellationToken);
        try
        {
            return read();
        }
        catch (SqliteFaultException fault)
        {
            throw new MessageLogException("The telemetry log cannot be read: " + fault.Message, fault.Fault, fault);
        }
        finally
        {
            _queries.Release();
        }
    }
}
