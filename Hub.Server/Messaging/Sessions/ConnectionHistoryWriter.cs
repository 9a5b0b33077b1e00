using System.Threading.Channels;
using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.Sessions;

/// <summary>
/// Writes connection history and presence, in batches, so that thousands of devices that connect at once cost a few transactions.
/// 1. Listens to <see cref="SessionTable"/> and takes refusals from the heads, into a bounded queue; never makes them wait.
/// 2. One task takes what came, writes the lines, and writes presence as the table knows it at that moment.
/// 3. Once a minute it keeps the last activity of the live links; of devices without one, what <see cref="ActivityState"/> says is due.
/// Under overload lines are left out and counted; presence is then set right from the table. Singleton.
/// </summary>
internal sealed partial class ConnectionHistoryWriter : BackgroundService
{
    internal static readonly TimeSpan BatchInterval = TimeSpan.FromMilliseconds(250);
    internal static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan ActivityInterval = TimeSpan.FromMinutes(1);
    internal const int MaxQueued = 16_384;

    // Small enough that whoever else writes to the store waits no more than some tens of milliseconds.
    internal const int MaxPerWrite = 500;

    private const string RestartReason = "The hub was stopped or restarted.";

    private readonly SessionTable _sessions;
    private readonly IConnectionHistoryStore _history;
    private readonly IDeviceStore _devices;
    private readonly TimeProvider _time;
    private readonly SessionMetrics _metrics;
    private readonly ILogger<ConnectionHistoryWriter> _logger;
    private readonly PresenceState _presence;
    private readonly ActivityState _activity = new();

    // Full: TryWrite fails and the line is counted as lost; a head never waits for the history.
    private readonly Channel<HistoryLine> _queue = Channel.CreateBounded<HistoryLine>(new BoundedChannelOptions(MaxQueued) { SingleReader = true });
    private readonly List<HistoryLine> _unwritten = [];
    private int _lost;
    private int _resyncNeeded;

    public ConnectionHistoryWriter(
        SessionTable sessions, IConnectionHistoryStore history, IDeviceStore devices, TimeProvider time, SessionMetrics metrics,
        ILogger<ConnectionHistoryWriter> logger)
    {
        (_sessions, _history, _devices, _time, _metrics, _logger) = (sessions, history, devices, time, metrics, logger);
        _presence = new PresenceState(sessions);
    }

    /// <summary>Keeps that an attempt of a known device was refused.</summary>
    public void RecordRefused(DeviceId id, string connectionId, string protocol, string? remoteAddress, string reason)
    {
        // Refusals may use half of the queue: a flood of them must not push out who really came and went.
        if (_queue.Reader.Count < MaxQueued / 2)
            Enqueue(new(Entry(id, ConnectionEvent.Refused, connectionId, protocol, remoteAddress, reason), null));
        else
            Interlocked.Increment(ref _lost);
    }

    /// <summary>Keeps that a device without a connection of its own was heard; costs the caller no wait.</summary>
    public void RecordActivity(DeviceId id, string generationId) => _activity.Note(id, generationId, _time.GetUtcNow());

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await _devices.ResetPresenceAsync(RestartReason, _time.GetUtcNow(), cancellationToken);
        _sessions.Added += OnAdded;
        _sessions.Removed += OnRemoved;
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // The heads have stopped before (services stop in reverse order); what they said last is in the queue.
        _sessions.Added -= OnAdded;
        _sessions.Removed -= OnRemoved;
        _queue.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
        Drain();
        await TryWriteAsync(cancellationToken);
        await TryKeepHeardAsync(minuteIsOver: true, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var activityDue = _time.GetUtcNow() + ActivityInterval;
        var written = true;
        while (true)
        {
            await Task.Delay(written ? BatchInterval : RetryInterval, _time, stoppingToken);
            // What could not be written is tried again before more is taken, so that memory stays bounded by the queue.
            if (_unwritten.Count == 0)
                Drain();
            written = await TryWriteAsync(stoppingToken);
            var minuteIsOver = _time.GetUtcNow() >= activityDue;
            if (!written)
                continue;
            await TryKeepHeardAsync(minuteIsOver, stoppingToken);
            if (!minuteIsOver)
                continue;
            activityDue = _time.GetUtcNow() + ActivityInterval;
            await TryKeepActivityAsync(stoppingToken);
        }
    }

    private void OnAdded(IDeviceLink link, IDeviceLink? before)
    {
        _metrics.Connected();
        Enqueue(new(Entry(link.DeviceId, ConnectionEvent.Connected, link.ConnectionId, link.Protocol, link.RemoteAddress, null), link));
    }

    private void OnRemoved(IDeviceLink link, LinkCloseReason reason)
    {
        _metrics.Ended(reason.Kind);
        Enqueue(new(
            Entry(link.DeviceId, ConnectionEvent.Disconnected, link.ConnectionId, link.Protocol, link.RemoteAddress, reason.Description), link));
    }

    private ConnectionHistoryEntry Entry(
        DeviceId id, ConnectionEvent what, string connectionId, string protocol, string? remoteAddress, string? reason) => new()
        {
            DeviceId = id,
            Time = _time.GetUtcNow(),
            Event = what,
            ConnectionId = connectionId,
            Protocol = protocol,
            RemoteAddress = remoteAddress,
            Reason = reason,
        };

    private void Enqueue(HistoryLine line)
    {
        if (_queue.Writer.TryWrite(line))
            return;
        Interlocked.Increment(ref _lost);
        Volatile.Write(ref _resyncNeeded, 1);
    }

    private void Drain()
    {
        while (_queue.Reader.TryRead(out var line))
            _unwritten.Add(line);
    }

    private async ValueTask<bool> TryWriteAsync(CancellationToken cancellationToken)
    {
        ReportLost();
        try
        {
            if (Interlocked.Exchange(ref _resyncNeeded, 0) == 1)
                _presence.TouchAll(_time.GetUtcNow());
            _presence.Touch(_unwritten);
            while (_unwritten.Count > 0)
            {
                var count = Math.Min(_unwritten.Count, MaxPerWrite);
                var lines = _unwritten.Take(count).Select(line => new ConnectionHistoryLine(line.Entry, line.Link?.GenerationId));
                await _history.AppendAsync([.. lines], cancellationToken);
                _unwritten.RemoveRange(0, count);
            }

            foreach (var updates in _presence.Updates().Chunk(MaxPerWrite))
                await _devices.UpdatePresenceAsync(updates, cancellationToken);
            _presence.Written();
            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.NotWritten(_logger, _unwritten.Count, exception);
            return false;
        }
    }

    private async ValueTask TryKeepActivityAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var chunk in _presence.ActivityUpdates().Chunk(MaxPerWrite))
                await _devices.UpdatePresenceAsync(chunk, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The next minute writes it again.
            Log.ActivityNotWritten(_logger, exception);
        }
    }

    private async ValueTask TryKeepHeardAsync(bool minuteIsOver, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var chunk in _activity.Take(minuteIsOver).Chunk(1_000))
                await _devices.UpdateActivityAsync(chunk, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The next request of the device writes it again.
            Log.ActivityNotWritten(_logger, exception);
        }
    }

    private void ReportLost()
    {
        var lost = Interlocked.Exchange(ref _lost, 0);
        if (lost == 0)
            return;
        _metrics.HistoryLost(lost);
        Log.Lost(_logger, lost);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Sessions + 1, LogLevel.Warning, "{Count} lines of connection history were left out: too many devices came and went at once.")]
        public static partial void Lost(ILogger logger, int count);

        [LoggerMessage(EventIds.Sessions + 2, LogLevel.Error, "{Count} lines of connection history or presence could not be written; trying again.")]
        public static partial void NotWritten(ILogger logger, int count, Exception exception);

        [LoggerMessage(EventIds.Sessions + 3, LogLevel.Error, "The last activity of devices could not be written; it is written again when they are heard again.")]
        public static partial void ActivityNotWritten(ILogger logger, Exception exception);
    }
}

/// <summary>A line to be written, with the link that it speaks of; a refusal has none.</summary>
internal readonly record struct HistoryLine(ConnectionHistoryEntry Entry, IDeviceLink? Link);
