using Hub.Cli.Load;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Hub.Cli.Simulate;

/// <summary>One device of a fleet: connects, sends at its pace, and connects again when the connection breaks. MQTT 5, which tells reasons.</summary>
internal sealed class SimulatedDevice(MqttTarget target, ServerTrust trust, LoadDevices registration, int index, TimeProvider clock, FleetCounts counts)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>What a message that is under way may take once the fleet is told to end.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(3);

    private readonly TelemetryModel _model = new(index);
    private string? _goodbye;

    private string Id => registration.IdOf(index);

    /// <summary>Until cancelled; fails when the server cannot be reached and never was by any device of the fleet.</summary>
    public async Task RunAsync(TimeSpan between, TimeSpan firstAfter, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        using var client = new MqttClientFactory().CreateMqttClient();
        try
        {
            while (true)
            {
                if (await TryConnectAsync(client, cancellationToken))
                {
                    pause = FirstPause;
                    await SendWhileConnectedAsync(client, between, firstAfter, cancellationToken);
                }

                await Task.Delay(pause, clock, cancellationToken);
                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            }
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && IsBreak(e, CancellationToken.None))
        {
            // The fleet is told to end: say goodbye, so that the hub records no lost connection.
            if (client.IsConnected)
                await client.TryDisconnectAsync();
        }
    }

    private async Task<bool> TryConnectAsync(IMqttClient client, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var answer = await client.ConnectAsync(Options(), either.Token);
            counts.CountReached();
            if (answer.ResultCode == MqttClientConnectResultCode.Success)
                return true;
            counts.Trouble(Id, $"refused with {answer.ResultCode}{Because(answer.ReasonString)}");
        }
        catch (Exception e) when (IsBreak(e, cancellationToken))
        {
            var reason = patience.IsCancellationRequested ? $"{target} does not answer." : trust.Explain(e, target.ToString());
            if (!counts.Reached)
                throw new CommandException(reason, e);
            counts.Trouble(Id, reason);
        }

        return false;
    }

    private async Task SendWhileConnectedAsync(IMqttClient client, TimeSpan between, TimeSpan firstAfter, CancellationToken cancellationToken)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task OnDisconnectedAsync(MqttClientDisconnectedEventArgs end)
        {
            _goodbye = $"{end.Reason}{Because(end.ReasonString)}";
            return lost.CancelAsync();
        }

        client.DisconnectedAsync += OnDisconnectedAsync;
        counts.CountConnected(1);
        try
        {
            // It may have ended before it was listened for.
            if (client.IsConnected)
                await SendAsync(client, between, firstAfter, cancellationToken, lost.Token);
        }
        catch (Exception e) when (IsBreak(e, cancellationToken))
        {
            counts.Trouble(Id, $"connection lost: {_goodbye ?? e.GetBaseException().Message.TrimEnd('.')}");
        }
        finally
        {
            counts.CountConnected(-1);
            client.DisconnectedAsync -= OnDisconnectedAsync;
        }
    }

    private async Task SendAsync(IMqttClient client, TimeSpan between, TimeSpan firstAfter, CancellationToken ending, CancellationToken lost)
    {
        await Task.Delay(firstAfter, clock, lost);
        using var timer = new PeriodicTimer(between, clock);
        do
        {
            var reading = _model.Next(clock.GetUtcNow());
            var message = new MqttApplicationMessageBuilder()
                .WithTopic($"devices/{Id}/messages/events/{reading.PropertyBag}")
                .WithPayload(reading.Json)
                .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
                .Build();
            await PublishAsync(client, message, ending);
        }
        while (await timer.WaitForNextTickAsync(lost));
    }

    /// <summary>Also at the end a message that left gets the time to be acknowledged, so that the sums agree.</summary>
    private async Task PublishAsync(IMqttClient client, MqttApplicationMessage message, CancellationToken ending)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        await using var last = ending.Register(() => patience.CancelAfter(LastPatience));
        counts.CountSent();
        try
        {
            var result = await client.PublishAsync(message, patience.Token);
            if (result.IsSuccess)
            {
                counts.CountAcknowledged();
                return;
            }

            counts.CountFailed();
            counts.Trouble(Id, $"message refused with {result.ReasonCode}{Because(result.ReasonString)}");
        }
        catch (Exception e) when (IsBreak(e, CancellationToken.None))
        {
            counts.CountFailed();
            throw;
        }
    }

    /// <summary>What the client throws when a connection does not come about or breaks; the end of the fleet is none.</summary>
    private static bool IsBreak(Exception fault, CancellationToken ended) => !ended.IsCancellationRequested
        && fault is MqttCommunicationException or MqttProtocolViolationException or IOException or OperationCanceledException or InvalidOperationException;

    private static string Because(string? reason) => string.IsNullOrEmpty(reason) ? "" : $" ({reason})";

    /// <summary>With a fresh token each time, so that a long simulation outlives its first.</summary>
    private MqttClientOptions Options()
    {
        var identity = registration.IdentityOf(index);
        var builder = new MqttClientOptionsBuilder()
            .WithTcpServer(target.Host, target.Port)
            .WithClientId(identity.ClientId)
            .WithCredentials(identity.UserName, identity.Password)
            .WithProtocolVersion(MqttProtocolVersion.V500);
        if (!target.Tls)
            return builder.Build();
        return builder.WithTlsOptions(tls => tls
            .UseTls()
            .WithTargetHost(target.Host)
            .WithCertificateValidationHandler(offer => trust.Accepts(offer.Certificate, offer.Chain, offer.SslPolicyErrors))).Build();
    }
}
