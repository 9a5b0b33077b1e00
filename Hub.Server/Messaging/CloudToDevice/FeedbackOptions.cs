using System.ComponentModel.DataAnnotations;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// Settings of the feedback queue that receivers of the wire contract read (section 2.8). The hub's own consumers get every
/// record at once, whatever stands here.
/// </summary>
internal sealed class FeedbackOptions
{
    public const string Section = "Hub:Messaging:CloudToDevice:Feedback";

    /// <summary>How many records make a batch that does not wait for more.</summary>
    [Range(1, 1_000)]
    public int BatchSize { get; init; } = 64;

    /// <summary>How long the first record of a batch waits for more.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan BatchInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a batch waits for a receiver at most.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often a batch is handed out at most.</summary>
    [Range(1, 1_000)]
    public int MaxDeliveryCount { get; init; } = 10;

    /// <summary>How long a receiver may take to complete a batch.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LockDuration { get; init; } = TimeSpan.FromMinutes(1);
}
