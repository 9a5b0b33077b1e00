namespace Hub.Portal.Messages;

/// <summary>Why messages are missing at a place in the view.</summary>
public enum MessageGapReason
{
    /// <summary>The browser was too slow and the hub left some out.</summary>
    Missed,

    /// <summary>The connection to the hub was lost for longer than is caught up with.</summary>
    Disconnected,

    /// <summary>More came while the view stood still than the browser keeps.</summary>
    PushedOut,
}

/// <summary>Messages that are not in the view though they stand in the log.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Count">How many; 0 when not known.</param>
/// <param name="From">They were enqueued after about this time.</param>
/// <param name="To">And before about this time.</param>
public sealed record MessageGap(MessageGapReason Reason, long Count, DateTimeOffset From, DateTimeOffset To);
