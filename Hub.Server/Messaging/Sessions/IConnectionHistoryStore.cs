using Hub.Shared.Devices;

namespace Hub.Server.Messaging.Sessions;

/// <summary>Keeps the last 100 lines of each device's connection history.</summary>
internal interface IConnectionHistoryStore
{
    const int KeptPerDevice = 100;

    /// <summary>Adds lines of many devices in one transaction and drops what exceeds <see cref="KeptPerDevice"/>.</summary>
    ValueTask AppendAsync(IReadOnlyList<ConnectionHistoryEntry> entries, CancellationToken cancellationToken);

    /// <summary>A device's lines, the newest first.</summary>
    ValueTask<IReadOnlyList<ConnectionHistoryEntry>> ListAsync(DeviceId id, CancellationToken cancellationToken);
}
