using System.Collections.Concurrent;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// Publishes wills as telemetry, those with a delay (MQTT 5) once it is over without the device being back. Delayed ones are kept in
/// memory, one per device: they go with the hub. Singleton; safe from any thread.
/// </summary>
internal sealed partial class MqttWills : IDisposable
{
    /// <summary>Timers reach no further than 49 days.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(49);

    private readonly ConcurrentDictionary<DeviceId, DelayedWill> _delayed = new();
    private readonly MessageIngress _ingress;
    private readonly DeviceRegistry _registry;
    private readonly TimeProvider _time;
    private readonly ILogger<MqttWills> _logger;

    public MqttWills(MessageIngress ingress, DeviceRegistry registry, TimeProvider time, ILogger<MqttWills> logger)
    {
        (_ingress, _registry, _time, _logger) = (ingress, registry, time, logger);
        registry.Changed += OnDeviceChanged;
    }

    public void Dispose() => _registry.Changed -= OnDeviceChanged;

    /// <summary>
    /// Whether a connection that ended so leaves its will. Not when the hub itself stops (its devices are well), nor when the device
    /// may no longer speak.
    /// </summary>
    public static bool IsDue(LinkCloseKind kind) =>
        kind is not (LinkCloseKind.ServerShutdown or LinkCloseKind.DeviceDisabled or LinkCloseKind.DeviceDeleted or LinkCloseKind.CredentialChanged);

    /// <summary>Publishes a will after its delay; returns at once when there is one.</summary>
    public Task PublishAsync(MessageSender sender, MqttWill will, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
            return PublishAsync(sender, will);

        var delayed = new DelayedWill(sender, will);
        delayed.Timer = _time.CreateTimer(_ => OnDue(delayed), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _delayed.AddOrUpdate(sender.DeviceId, delayed, (_, earlier) =>
        {
            earlier.Timer!.Dispose();
            return delayed;
        });
        delayed.Timer.Change(delay < LongestDelay ? delay : LongestDelay, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    /// <summary>
    /// The device is back: if it goes on with its session a delayed will is not published [MQTT-3.1.3-9]; if not, the session has
    /// ended and its will is due.
    /// </summary>
    public Task DeviceIsBackAsync(DeviceId deviceId, bool sessionGoesOn)
    {
        if (!_delayed.TryRemove(deviceId, out var delayed))
            return Task.CompletedTask;
        delayed.Timer!.Dispose();
        return sessionGoesOn ? Task.CompletedTask : PublishAsync(delayed.Sender, delayed.Will);
    }

    /// <summary>A device that may no longer speak does not speak by its will either.</summary>
    private void OnDeviceChanged(DeviceChanged change)
    {
        if (change.Before is { } device && change.After is not { Status: DeviceStatus.Enabled } && _delayed.TryRemove(device.Id, out var delayed))
            delayed.Timer!.Dispose();
    }

    private async Task PublishAsync(MessageSender sender, MqttWill will)
    {
        var result = await _ingress.AcceptAsync(sender, [will.PublishedAt(_time.GetUtcNow())]);
        if (result.Outcome != IngestOutcome.Accepted)
            Log.NotStored(_logger, sender.DeviceId.Value, result.Reason!);
    }

    private void OnDue(DelayedWill delayed)
    {
        if (!_delayed.TryRemove(new(delayed.Sender.DeviceId, delayed)))
            return;
        delayed.Timer!.Dispose();
        // Its outcome is logged where it is known; nobody waits for it.
        _ = PublishAsync(delayed.Sender, delayed.Will);
    }

    private sealed class DelayedWill(MessageSender sender, MqttWill will)
    {
        public MessageSender Sender { get; } = sender;

        public MqttWill Will { get; } = will;

        public ITimer? Timer { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Mqtt + 8, LogLevel.Warning, "The will of {DeviceId} could not be stored: {Reason}")]
        public static partial void NotStored(ILogger logger, string deviceId, string reason);
    }
}
