namespace Hub.Server;

/// <summary>
/// For rooms: bounds the log lines that strangers can cause, so that whoever knocks a thousand times a second does not fill the disk.
/// So many lines in a time are written, and of the others only their number. Safe from any thread.
/// </summary>
internal sealed class LogLimit(TimeProvider time)
{
    internal const int LinesPerInterval = 20;
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long _began;
    private int _lines;
    private int _leftOut;

    /// <summary>Whether one more line may be written now.</summary>
    /// <param name="leftOut">How many were not written in the time before, to be told first; 0 mostly.</param>
    public bool Allows(out int leftOut)
    {
        leftOut = 0;
        lock (_lock)
        {
            if (_began == 0 || time.GetElapsedTime(_began) >= Interval)
            {
                leftOut = _leftOut;
                (_began, _lines, _leftOut) = (time.GetTimestamp(), 0, 0);
            }

            if (_lines < LinesPerInterval)
            {
                _lines++;
                return true;
            }

            _leftOut++;
            return false;
        }
    }
}
