using Hub.Server.Messaging.Sessions;
using Hub.Server.Protocols.Mqtt;
using Hub.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>How the head stops: it waits for the ends of its connections, and for nothing else.</summary>
public sealed class MqttHeadStopTests(MqttHub shared) : IClassFixture<MqttHub>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StoppingAsync_LastConnectionEnds_ReturnsWithoutTheClock()
    {
        var (head, connection, served) = await ConnectAsync(peerReads: true);

        await head.StoppingAsync(None).WaitAsync(Patience, None);

        await served.WaitAsync(Patience, None);
        head.Dispose();
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task StoppingAsync_NobodyThere_ReturnsAtOnce()
    {
        using var head = new MqttProtocolHead(shared.Hub.Get<MqttServices>());

        await head.StoppingAsync(None).WaitAsync(Patience, None);
    }

    [Fact]
    public async Task StoppingAsync_PeerNeverEnds_ReturnsWhenItsTokenSaysSo()
    {
        var (head, connection, served) = await ConnectAsync(peerReads: false);
        using var limit = new CancellationTokenSource();

        var stopping = head.StoppingAsync(limit.Token);
        Assert.False(served.IsCompleted);
        await limit.CancelAsync();

        await stopping.WaitAsync(Patience, None);
        connection.Abort(new("The test is over."));
        await served.WaitAsync(Patience, None);
        head.Dispose();
    }

    private async Task<(MqttProtocolHead Head, PipeConnection Connection, Task Served)> ConnectAsync(bool peerReads)
    {
        var device = await shared.NewDeviceAsync();
        var head = new MqttProtocolHead(shared.Hub.Get<MqttServices>() with { Time = new FakeTimeProvider(TimeProvider.System.GetUtcNow()) });
        var connection = PipeConnection.Create(peerReads);
        var served = head.OnConnectedAsync(connection);
        await connection.SayAsync(MqttPackets.Connect(device.Id.Value, HubFixture.Token(device)));
        await Eventually.TrueAsync(() => shared.Hub.Get<SessionTable>().TryGet(device.Id, out var link) && link is MqttDeviceLink { IsListening: true });
        return (head, connection, served);
    }
}
