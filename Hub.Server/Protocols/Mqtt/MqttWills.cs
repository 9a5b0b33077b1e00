using System.Collections.Concurrent;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>Publishes wills as telemetry, those with a delay (MQTT 5) once it is over without the device being back. Singleton.</summary>
internal sealed class MqttWills(MessageIngress ingress, TimeProvider time)
{
    private readonly ConcurrentDictionary<DeviceId, CancellationTokenSource> _delayed = new();

    /// <summary>
    /// Whether a connection that ended so leaves its will. Not when the hub itself stops (its devices are well), nor when the device
    /// may no longer speak.
    /// </summary>
    public static bool IsDue(LinkCloseKind kind) =>
        kind is not (LinkCloseKind.ServerShutdown or LinkCloseKind.DeviceDisabled or LinkCloseKind.DeviceDeleted or LinkCloseKind.CredentialChanged);

    /// <summary>Publishes a will after its delay; returns at once when there is one.</summary>
    public async Task PublishAsync(MessageSender sender, Message will, TimeSpan delay)
    {
        if (delay == TimeSpan.Zero)
            await ingress.AcceptAsync(sender, [will]);
        else
            _ = PublishLaterAsync(sender, will, delay);
    }

    /// <summary>The device is back: its delayed will is not published [MQTT-3.1.3-9].</summary>
    public void Cancel(DeviceId deviceId)
    {
        if (_delayed.TryRemove(deviceId, out var delayed))
            delayed.Cancel();
    }

    private async Task PublishLaterAsync(MessageSender sender, Message will, TimeSpan delay)
    {
        using var cancellation = new CancellationTokenSource();
        _delayed[sender.DeviceId] = cancellation;
        await Task.Delay(delay, time, cancellation.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_delayed.TryRemove(new(sender.DeviceId, cancellation)))
            await ingress.AcceptAsync(sender, [will]);
    }
}
