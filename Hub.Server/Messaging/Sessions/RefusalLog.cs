using Hub.Shared.Devices;

namespace Hub.Server.Messaging.Sessions;

/// <summary>
/// Logs refused devices, whichever protocol they came by: so many in a time, and then only their number, so that whoever knocks a
/// thousand times a second does not fill the log. Singleton; safe from any thread.
/// </summary>
internal sealed partial class RefusalLog(TimeProvider time, ILogger<RefusalLog> logger)
{
    internal const int LinesPerInterval = 20;
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long _began;
    private int _lines;
    private int _leftOut;

    /// <param name="connectionId">Which connection.</param>
    /// <param name="deviceId">Who the peer says it is, which need not be true; null when it did not say so.</param>
    /// <param name="remoteAddress">Where it comes from.</param>
    /// <param name="reason">Why, in a sentence.</param>
    public void Refused(string connectionId, DeviceId? deviceId, string? remoteAddress, string reason)
    {
        lock (_lock)
        {
            if (_began == 0 || time.GetElapsedTime(_began) >= Interval)
            {
                if (_leftOut > 0)
                    Log.LeftOut(logger, _leftOut);
                (_began, _lines, _leftOut) = (time.GetTimestamp(), 0, 0);
            }

            if (_lines == LinesPerInterval)
            {
                _leftOut++;
                return;
            }

            _lines++;
        }

        Log.Refused(logger, deviceId?.Value ?? "A peer without a name", connectionId, remoteAddress, reason);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Sessions + 4, LogLevel.Information, "{DeviceId}, {ConnectionId} from {RemoteAddress}, was refused: {Reason}")]
        public static partial void Refused(ILogger logger, string deviceId, string connectionId, string? remoteAddress, string reason);

        [LoggerMessage(EventIds.Sessions + 5, LogLevel.Warning, "{Count} further attempts were refused and not logged one by one.")]
        public static partial void LeftOut(ILogger logger, int count);
    }
}
