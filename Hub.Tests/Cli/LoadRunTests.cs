using System.Net;
using System.Net.Sockets;
using Hub.Cli.Load;
using Xunit;

namespace Hub.Tests.Cli;

public sealed class LoadRunTests
{
    [Theory]
    [InlineData(1, null)]
    [InlineData(8, null)]
    [InlineData(4, 400.0)]
    public async Task RunAsync_FakeBroker_CountsWhatTheBrokerAcknowledged(int inFlight, double? rate)
    {
        await using var broker = new FakeBroker(swapEvery: 0);

        var report = await RunAsync(broker, inFlight, rate);

        Assert.Equal((0L, 0L, 0), (report.OrderViolations, report.Unacknowledged, report.ConnectionsLost));
        Assert.True(report.Acknowledged > 0);
        Assert.Equal(broker.Published, report.Sent);
        if (rate is not null)
            Assert.InRange(report.Acknowledged, 1, (long)(rate.Value * 1.2 * report.MeasuredSeconds));
    }

    [Fact]
    public async Task RunAsync_BrokerSwapsTwoPubAcks_ReportsTheViolation()
    {
        await using var broker = new FakeBroker(swapEvery: 2);

        var report = await RunAsync(broker, inFlight: 8, rate: null);

        Assert.True(report.OrderViolations > 0);
        Assert.True(report.Acknowledged > 0);
    }

    private static Task<LoadReport> RunAsync(FakeBroker broker, int inFlight, double? rate)
    {
        var plan = new LoadPlan
        {
            Target = new MqttTarget("127.0.0.1", broker.Port, Tls: false),
            Connections = 3,
            InFlight = inFlight,
            Rate = rate,
            Payload = new byte[20],
            Topic = "t/{id}",
            Duration = TimeSpan.FromMilliseconds(500),
        };
        var identities = Enumerable.Range(0, 3).Select(i => new MqttIdentity($"c{i}")).ToArray();
        return new LoadRun(plan, identities, TimeProvider.System).RunAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    /// <summary>Answers CONNECT and each PUBLISH; when asked to, every pair of PUBACKs the wrong way round.</summary>
    private sealed class FakeBroker : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _ending = new();
        private readonly Task _accepting;
        private readonly int _swapEvery;
        private long _published;

        public FakeBroker(int swapEvery)
        {
            _swapEvery = swapEvery;
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public long Published => Interlocked.Read(ref _published);

        public async ValueTask DisposeAsync()
        {
            await _ending.CancelAsync();
            _listener.Stop();
            await _accepting;
            _ending.Dispose();
        }

        private async Task AcceptAsync()
        {
            var serving = new List<Task>();
            try
            {
                while (true)
                    serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_ending.Token)));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                await Task.WhenAll(serving);
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            using var _ = client;
            var stream = client.GetStream();
            byte[]? held = null;
            try
            {
                while (await ReadPacketAsync(stream) is { } packet)
                {
                    if (packet.First == 0x10)
                        await stream.WriteAsync(new byte[] { 0x20, 2, 0, 0 }, _ending.Token);
                    if (packet.First != 0x32)
                        continue;
                    Interlocked.Increment(ref _published);
                    var idAt = 2 + ((packet.Body[0] << 8) | packet.Body[1]);
                    byte[] ack = [0x40, 2, packet.Body[idAt], packet.Body[idAt + 1]];
                    if (_swapEvery == 0)
                        await stream.WriteAsync(ack, _ending.Token);
                    else if (held is null)
                        held = ack;
                    else
                    {
                        await stream.WriteAsync((byte[])[.. ack, .. held], _ending.Token);
                        held = null;
                    }
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // The load or the test is over.
            }
        }

        /// <summary>Packets of the test are shorter than 128 bytes.</summary>
        private async Task<(byte First, byte[] Body)?> ReadPacketAsync(NetworkStream stream)
        {
            var header = new byte[2];
            if (await stream.ReadAtLeastAsync(header, 2, throwOnEndOfStream: false, _ending.Token) < 2)
                return null;
            var body = new byte[header[1]];
            await stream.ReadExactlyAsync(body, _ending.Token);
            return (header[0], body);
        }
    }
}
