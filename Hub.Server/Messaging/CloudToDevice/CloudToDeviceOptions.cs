using System.ComponentModel.DataAnnotations;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>What raises a message's delivery count (wire contract, decision 1).</summary>
internal enum DeliveryCounting
{
    /// <summary>Every delivery, however it ends: a message cannot cycle for ever.</summary>
    EveryDelivery,

    /// <summary>Only those that the device abandons.</summary>
    AbandonOnly,
}

/// <summary>Settings of the cloud-to-device way.</summary>
internal sealed class CloudToDeviceOptions
{
    public const string Section = "Hub:Messaging:CloudToDevice";

    /// <summary>How many messages may wait in one device's queue, locked ones included; the next is refused.</summary>
    [Range(1, 1_000_000)]
    public int MaxQueueDepth { get; init; } = 50;

    /// <summary>How long a message waits at most when its sender does not say.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan DefaultTimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a sender may let a message wait; more is refused.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan MaxTimeToLive { get; init; } = TimeSpan.FromDays(2);

    /// <summary>How often a message is delivered at most; the delivery after which it is still not completed ends it.</summary>
    [Range(1, 1_000)]
    public int MaxDeliveryCount { get; init; } = 10;

    /// <summary>How long a device may take to settle a message before it is delivered again.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan LockDuration { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What raises the delivery count.</summary>
    public DeliveryCounting DeliveryCounting { get; init; } = DeliveryCounting.EveryDelivery;

    /// <summary>The largest message in bytes, accounted as in the wire contract (section 1.1).</summary>
    [Range(1024, 1024 * 1024)]
    public int MaxMessageSize { get; init; } = 65_536;

    /// <summary>How long dead letters are kept.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan DeadLetterRetention { get; init; } = TimeSpan.FromDays(14);

    /// <summary>How long completed messages are kept, with their history.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan HistoryRetention { get; init; } = TimeSpan.FromDays(14);
}
