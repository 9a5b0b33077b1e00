using Hub.Shared.Devices;

namespace Hub.Server.Messaging.Sessions;

/// <summary>
/// Keeps the last 100 lines of each device's connection history, of which at most 20 are refusals: whoever is refused comes back at once,
/// and would wash out within seconds how the device came and went.
/// </summary>
internal interface IConnectionHistoryStore
{
    const int KeptPerDevice = 100;

    const int KeptRefusals = 20;

    /// <summary>Adds lines of many devices in one transaction and drops what exceeds <see cref="KeptPerDevice"/> or <see cref="KeptRefusals"/>.</summary>
    /// <remarks>Lines of devices that are gone, or of another generation, are passed over; their times decide nothing, for clocks step back.</remarks>
    ValueTask AppendAsync(IReadOnlyList<ConnectionHistoryLine> lines, CancellationToken cancellationToken);

    /// <summary>A device's lines, the newest first.</summary>
    ValueTask<IReadOnlyList<ConnectionHistoryEntry>> ListAsync(DeviceId id, CancellationToken cancellationToken);
}

/// <summary>A line to be added.</summary>
/// <param name="Entry">The line.</param>
/// <param name="GenerationId">Which registration of the device it speaks of; null for whichever there is.</param>
internal sealed record ConnectionHistoryLine(ConnectionHistoryEntry Entry, string? GenerationId);
