using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;

namespace Hub.Tests.Support;

/// <summary>Connection history in memory; can be made to fail.</summary>
internal sealed class InMemoryConnectionHistoryStore : IConnectionHistoryStore
{
    private readonly Lock _lock = new();
    private readonly List<ConnectionHistoryEntry> _entries = [];

    public bool Fails { get; set; }

    public int Appends { get; private set; }

    public int LargestAppend { get; private set; }

    public IReadOnlyList<ConnectionHistoryEntry> Entries
    {
        get
        {
            lock (_lock)
                return [.. _entries];
        }
    }

    public ValueTask AppendAsync(IReadOnlyList<ConnectionHistoryLine> lines, CancellationToken cancellationToken)
    {
        if (Fails)
            throw new IOException("The store is made to fail.");
        lock (_lock)
        {
            Appends++;
            LargestAppend = Math.Max(LargestAppend, lines.Count);
            _entries.AddRange(lines.Select(line => line.Entry));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<ConnectionHistoryEntry>> ListAsync(DeviceId id, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ConnectionHistoryEntry>>(
            [.. Entries.Where(entry => entry.DeviceId == id).Reverse().Take(IConnectionHistoryStore.KeptPerDevice)]);
}
