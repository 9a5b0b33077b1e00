using Hub.Shared.Devices;

namespace Hub.Server.Messaging.Sessions;

/// <summary>
/// Logs refused devices, whichever protocol they came by, within one bound. Singleton; safe from any thread.
/// </summary>
internal sealed partial class RefusalLog(TimeProvider time, ILogger<RefusalLog> logger)
{
    private readonly LogLimit _limit = new(time);

    /// <param name="connectionId">Which connection.</param>
    /// <param name="deviceId">Who the peer says it is, which need not be true; null when it did not say so.</param>
    /// <param name="remoteAddress">Where it comes from.</param>
    /// <param name="reason">Why, in a sentence.</param>
    public void Refused(string connectionId, DeviceId? deviceId, string? remoteAddress, string reason)
    {
        var allowed = _limit.Allows(out var leftOut);
        if (leftOut > 0)
            Log.LeftOut(logger, leftOut);
        if (allowed)
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
