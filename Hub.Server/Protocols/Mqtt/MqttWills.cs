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
internal sealed partial class MqttWills(MessageIngress ingress, DeviceRegistry registry, TimeProvider time, ILogger<MqttWills> logger)
{
    /// <summary>Timers reach no further than 49 days.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(49);

    private readonly ConcurrentDictionary<DeviceId, DelayedWill> _delayed = new();

    /// <summary>How many wait for their time.</summary>
    public int Delayed => _delayed.Count;

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
        delayed.Timer = time.CreateTimer(_ => _ = OnDueAsync(delayed), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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
    /// <param name="device">The device, as it is registered now: its namesake that was deleted says nothing more.</param>
    /// <param name="sessionGoesOn">Whether with the same session.</param>
    /// <param name="only">Only this will is meant, and not one that a later connection left.</param>
    public Task DeviceIsBackAsync(MessageSender device, bool sessionGoesOn, MqttWill? only = null)
    {
        if (!_delayed.TryGetValue(device.DeviceId, out var delayed) || (only is not null && !ReferenceEquals(delayed.Will, only)))
            return Task.CompletedTask;
        if (!_delayed.TryRemove(new(device.DeviceId, delayed)))
            return Task.CompletedTask;
        delayed.Timer!.Dispose();
        var isDue = !sessionGoesOn && delayed.Sender.GenerationId == device.GenerationId;
        return isDue ? PublishAsync(delayed.Sender, delayed.Will) : Task.CompletedTask;
    }

    private async Task PublishAsync(MessageSender sender, MqttWill will)
    {
        var result = await ingress.AcceptAsync(sender, [will.PublishedAt(time.GetUtcNow())]);
        if (result.Outcome != IngestOutcome.Accepted)
            Log.NotStored(logger, sender.DeviceId.Value, result.Reason!);
    }

    /// <summary>A device that may no longer speak does not speak by its will either. Nobody waits for this; what fails is logged.</summary>
    private async Task OnDueAsync(DelayedWill delayed)
    {
        delayed.Timer!.Dispose();
        var id = delayed.Sender.DeviceId;
        try
        {
            var device = await registry.FindAsync(id, CancellationToken.None);
            var maySpeak = device is { Status: DeviceStatus.Enabled } && device.GenerationId == delayed.Sender.GenerationId;
            if (_delayed.TryRemove(new(id, delayed)) && maySpeak)
                await PublishAsync(delayed.Sender, delayed.Will);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _delayed.TryRemove(new(id, delayed));
            Log.Failed(logger, id.Value, exception);
        }
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

        [LoggerMessage(EventIds.Mqtt + 11, LogLevel.Error, "The will of {DeviceId} was lost on its way")]
        public static partial void Failed(ILogger logger, string deviceId, Exception exception);
    }
}
