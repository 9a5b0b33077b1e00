using Hub.Server.Storage.Blocks;

namespace Hub.Server.Storage.Telemetry;

/// <summary>Saving, and making anew what the file lacks.</summary>
internal sealed partial class SegmentIndex
{
    /// <summary>How many bytes of blocks are indexed before the progress is saved.</summary>
    private const long RebuildChunk = 64 * 1024 * 1024;

    /// <summary>Saves what memory holds; what cannot be saved now stays in memory.</summary>
    public void Save(CancellationToken cancellationToken)
    {
        lock (_saveLock)
        {
            try
            {
                Rebuild(cancellationToken);
                WriteMemory();
            }
            catch (SqliteFaultException fault) when (fault.IsDamage)
            {
                lock (_fileLock)
                    StartOver();
            }
        }
    }

    /// <summary>
    /// Saves what memory holds, and no more: where something before it is still to be made anew, all is left to the next start, which
    /// makes from the blocks whatever the file lacks.
    /// </summary>
    public void SaveMemory()
    {
        lock (_saveLock)
        {
            lock (_lock)
            {
                if (_saving is null && Array.TrueForAll(_fresh, static spans => spans.Count == 0))
                    return;
            }

            long[] saved;
            lock (_fileLock)
                saved = Saved();
            for (var partition = 0; partition < saved.Length; partition++)
            {
                if (saved[partition] < _memoryFrom[partition])
                    return;
            }

            WriteMemory();
        }
    }

    private void WriteMemory()
    {
        lock (_lock)
        {
            if (_saving is null)
            {
                if (_closed || Array.TrueForAll(_fresh, static spans => spans.Count == 0))
                    return;
                _saving = _fresh;
                _savingEnd = [.. _memoryEnd];
                _fresh = NewSpans();
            }
        }

        IndexFile.Write(_path, _saving, _savingEnd);
        lock (_fileLock)
        {
            _saved = _savingEnd;
            lock (_lock)
            {
                _savingEnd.CopyTo(_memoryFrom, 0);
                _saving = null;
            }
        }
    }

    /// <summary>Makes what the file lacks from the blocks, chunk by chunk.</summary>
    private void Rebuild(CancellationToken cancellationToken)
    {
        for (var partition = 0; partition < _memoryFrom.Length; partition++)
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long[] saved;
                lock (_fileLock)
                    saved = [.. Saved()];
                if (saved[partition] >= _memoryFrom[partition])
                    break;
                using var lease = _segment.TryLease();
                if (lease is null)
                    return;
                var spans = NewSpans();
                saved[partition] = ReadSpans(lease.Reader, partition, saved[partition], _memoryFrom[partition], spans[partition]);
                IndexFile.Write(_path, spans, saved);
                lock (_fileLock)
                    _saved = saved;
            }
        }
    }

    /// <summary>Gathers the spans of the blocks from a sequence number on; returns how far it came.</summary>
    private static long ReadSpans(SegmentReader reader, int partition, long from, long end, IndexSpans into)
    {
        long bytes = 0;
        var block = reader.AtOrBefore(partition, from) is { } before && before.End > from ? before : reader.After(partition, from - 1);
        while (block is not null)
        {
            using (block)
            {
                // A damaged block has no messages that could be found; who reads it reports it.
                if (BlockDecoder.TryReadSpans(block.Bytes, block.Address, out var spans, out _))
                    into.Add(spans);

                bytes += block.Length;
                if (block.End >= end)
                    return end;
                if (bytes >= RebuildChunk)
                    return block.End;
            }

            block = reader.After(partition, block.Address.FirstSequenceNumber);
        }

        return end;
    }
}
