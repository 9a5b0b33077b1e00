using Hub.Shared.Devices;
using Hub.Shared.Operations;

namespace Hub.Server.Messaging.Sessions;

/// <summary>
/// Where heads tell that they refused a device. It then stands in the log, within one bound; in the list that operators read, since an
/// unknown device has no history; and in the history of the device, when there is such a device. Singleton; safe from any thread.
/// </summary>
internal sealed partial class DeviceRefusals
{
    private readonly RefusalList _list = new();
    private readonly ConnectionHistoryWriter _history;
    private readonly SessionMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LogLimit _limit;

    public DeviceRefusals(
        SessionTable sessions, ConnectionHistoryWriter history, SessionMetrics metrics, TimeProvider time, ILogger<DeviceRefusals> logger)
    {
        (_history, _metrics, _time, _logger, _limit) = (history, metrics, time, logger, new LogLimit(time));
        sessions.Removed += OnRemoved;
    }

    /// <summary>How often somebody was refused since the start.</summary>
    public long Total => _list.Total;

    /// <summary>What was refused since the start, the latest first.</summary>
    public IReadOnlyList<Refusal> List() => _list.ToArray();

    /// <param name="peer">Who was refused.</param>
    /// <param name="reason">Why, in a sentence.</param>
    /// <param name="isRegistered">Whether there is such a device.</param>
    public void Refused(RefusedPeer peer, string reason, bool isRegistered)
    {
        _metrics.Refused();
        _list.Add(peer, reason, isRegistered, _time.GetUtcNow());
        if (isRegistered && peer.DeviceId is { } id)
            _history.RecordRefused(id, peer.ConnectionId, peer.Protocol, peer.RemoteAddress, reason);

        var allowed = _limit.Allows(out var leftOut);
        if (leftOut > 0)
            Log.LeftOut(_logger, leftOut);
        if (allowed)
            Log.Refused(_logger, peer.DeviceId?.Value ?? "A peer without a name", peer.ConnectionId, peer.RemoteAddress, reason);
    }

    /// <summary>A connection that ended for what its device did; log and history have it from others.</summary>
    private void OnRemoved(IDeviceLink link, LinkCloseReason reason)
    {
        if (reason.Kind is LinkCloseKind.ProtocolViolation or LinkCloseKind.NotAllowed)
            _list.Add(new RefusedPeer(link.ConnectionId, link.DeviceId, link.Protocol, link.RemoteAddress), reason.Description, true, _time.GetUtcNow());
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Sessions + 4, LogLevel.Information, "{DeviceId}, {ConnectionId} from {RemoteAddress}, was refused: {Reason}")]
        public static partial void Refused(ILogger logger, string deviceId, string connectionId, string? remoteAddress, string reason);

        [LoggerMessage(EventIds.Sessions + 5, LogLevel.Warning, "{Count} further attempts were refused and not logged one by one.")]
        public static partial void LeftOut(ILogger logger, int count);
    }
}

/// <summary>Who was refused.</summary>
/// <param name="ConnectionId">Which connection.</param>
/// <param name="DeviceId">Who the peer says it is, which need not be true; null when it did not say so.</param>
/// <param name="Protocol">How it came.</param>
/// <param name="RemoteAddress">Where it comes from.</param>
internal readonly record struct RefusedPeer(string ConnectionId, DeviceId? DeviceId, string Protocol, string? RemoteAddress);
