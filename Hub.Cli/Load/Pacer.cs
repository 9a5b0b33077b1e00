namespace Hub.Cli.Load;

/// <summary>
/// The timetable of a load at a fixed rate: the messages that are due within the same millisecond are sent together, and each is
/// timed from the moment the timetable names, not from when it was sent. A server that stalls therefore shows its stall in
/// every message that had to wait for it (no coordinated omission).
/// </summary>
internal sealed class Pacer(TimeProvider clock, double messagesPerSecond)
{
    /// <summary>How far the steps of the timetable lie apart.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);

    private readonly long _start = clock.GetTimestamp();
    private readonly long _step = Math.Max(1, (long)(clock.TimestampFrequency * Step.TotalSeconds));

    /// <summary>How many messages are due by now, counted from the start.</summary>
    public long Due()
    {
        var steps = (clock.GetTimestamp() - _start) / _step;
        return (long)Math.Floor(steps * Step.TotalSeconds * messagesPerSecond + 1e-6);
    }

    /// <summary>The timestamp at which a message, counted from 0, is to leave.</summary>
    public long TimestampOf(long message)
    {
        var steps = Math.Ceiling((message + 1 - 1e-6) / (messagesPerSecond * Step.TotalSeconds));
        return _start + ((long)steps * _step);
    }
}
