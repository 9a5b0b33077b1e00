namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// Logs refused connections, so many in a time and then only their number, so that whoever knocks a thousand times a second does not
/// fill the log. Singleton; safe from any thread.
/// </summary>
internal sealed partial class MqttRefusalLog(TimeProvider time, ILogger<MqttRefusalLog> logger)
{
    internal const int LinesPerInterval = 20;
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long _began;
    private int _lines;
    private int _leftOut;

    public void Refused(string connectionId, string? remoteAddress, string reason)
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

        Log.Refused(logger, connectionId, remoteAddress, reason);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Mqtt + 2, LogLevel.Information, "{ConnectionId} from {RemoteAddress} was refused: {Reason}")]
        public static partial void Refused(ILogger logger, string connectionId, string? remoteAddress, string reason);

        [LoggerMessage(EventIds.Mqtt + 7, LogLevel.Warning, "{Count} further connections were refused and not logged one by one.")]
        public static partial void LeftOut(ILogger logger, int count);
    }
}
