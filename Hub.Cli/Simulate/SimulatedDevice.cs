using Hub.Cli.Load;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Protocol;

namespace Hub.Cli.Simulate;

/// <summary>One device of a fleet: connects, sends at its pace, and connects again when the connection breaks.</summary>
internal sealed class SimulatedDevice(MqttTarget target, LoadDevices registration, int index, TimeProvider clock, FleetCounts counts)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly TelemetryModel _model = new(index);

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(TimeSpan between, TimeSpan firstAfter, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(1);
        using var client = new MqttClientFactory().CreateMqttClient();
        try
        {
            while (true)
            {
                try
                {
                    await client.ConnectAsync(Options(), cancellationToken);
                    counts.CountConnected(1);
                    pause = TimeSpan.FromSeconds(1);
                    try
                    {
                        await SendAsync(client, between, firstAfter, cancellationToken);
                    }
                    finally
                    {
                        counts.CountConnected(-1);
                    }
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is MqttCommunicationException or IOException or OperationCanceledException or InvalidOperationException)
                {
                    counts.CountError();
                }

                await Task.Delay(pause, clock, cancellationToken);
                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            }
        }
        catch (OperationCanceledException)
        {
            // The fleet is told to end: say goodbye, so that the hub records no lost connection.
            if (client.IsConnected)
                await client.TryDisconnectAsync();
        }
    }

    private async Task SendAsync(IMqttClient client, TimeSpan between, TimeSpan firstAfter, CancellationToken cancellationToken)
    {
        await Task.Delay(firstAfter, clock, cancellationToken);
        using var timer = new PeriodicTimer(between, clock);
        do
        {
            var reading = _model.Next(clock.GetUtcNow());
            var message = new MqttApplicationMessageBuilder()
                .WithTopic($"devices/{registration.IdOf(index)}/messages/events/{reading.PropertyBag}")
                .WithPayload(reading.Json)
                .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
                .Build();
            counts.CountSent();
            var result = await client.PublishAsync(message, cancellationToken);
            if (result.IsSuccess)
                counts.CountAcknowledged();
            else
                counts.CountError();
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>With a fresh token each time, so that a long simulation outlives its first.</summary>
    private MqttClientOptions Options()
    {
        var identity = registration.IdentityOf(index);
        var builder = new MqttClientOptionsBuilder()
            .WithTcpServer(target.Host, target.Port)
            .WithClientId(identity.ClientId)
            .WithCredentials(identity.UserName, identity.Password)
            .WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V311);
        return (target.Tls ? builder.WithTlsOptions(o => o.UseTls().WithTargetHost(target.Host)) : builder).Build();
    }
}
