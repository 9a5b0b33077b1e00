using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Shared.Operations;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>Cloud-to-device messages in figures, read off counts that the store keeps, so that a million cost no more than a few. Safe from any thread.</summary>
internal interface IDeviceBoundFigures
{
    /// <summary>How the queues stand.</summary>
    ValueTask<QueueFigures> ReadAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Dead letters that were not sent again, in groups, the largest first.</summary>
    ValueTask<DeadLetterGroups> GroupAsync(DeadLetterGroupQuery query, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>How many dead letters that were not sent again there are of a device, a reason, a description; each null for any.</summary>
    ValueTask<DeadLetterCount> CountDeadAsync(DeviceId? device, DeadLetterReason? reason, string? description, CancellationToken cancellationToken);
}

/// <summary>How the queues stand.</summary>
/// <param name="Overview">What the overview shows.</param>
/// <param name="MaxDepth">How many messages are in the fullest queue.</param>
internal sealed record QueueFigures(QueuesOverview Overview, int MaxDepth);

/// <summary>Which groups of dead letters are asked for.</summary>
/// <param name="By">By what they are grouped.</param>
/// <param name="DeviceId">Only of this device.</param>
/// <param name="Reason">Only of this reason.</param>
/// <param name="Limit">How many groups at most.</param>
internal sealed record DeadLetterGroupQuery(DeadLetterGrouping By, DeviceId? DeviceId, DeadLetterReason? Reason, int Limit);
