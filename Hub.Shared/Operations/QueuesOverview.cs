using System.Text.Json.Serialization;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Shared.Operations;

/// <summary>The cloud-to-device messages of all devices, in figures.</summary>
public sealed record QueuesOverview
{
    /// <summary>How many wait in their queues.</summary>
    public required long Enqueued { get; init; }

    /// <summary>How many are with their devices under a lock, and not settled yet.</summary>
    public required long Invisible { get; init; }

    /// <summary>The one in a queue, locked or not, that was enqueued first; null when the queues are empty.</summary>
    public WaitingMessage? Oldest { get; init; }

    /// <summary>How many were completed in the last 24 hours, by whole hours.</summary>
    public required long CompletedInDay { get; init; }

    /// <summary>How many were dead-lettered in the last 24 hours, by whole hours; reasons without any are left out.</summary>
    public required IReadOnlyDictionary<DeadLetterReason, long> DeadLetteredInDay { get; init; }

    /// <summary>How many dead letters are kept and were not sent again.</summary>
    public required long DeadLetters { get; init; }
}

/// <summary>A message that waits.</summary>
/// <param name="Id">The hub's own id of it. A string in JSON, since 64 bits do not fit JavaScript's numbers.</param>
/// <param name="DeviceId">For which device.</param>
/// <param name="EnqueuedTime">Since when.</param>
public sealed record WaitingMessage(
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long Id, DeviceId DeviceId, DateTimeOffset EnqueuedTime);
