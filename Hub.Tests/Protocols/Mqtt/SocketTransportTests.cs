using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hub.Server.Protocols.Mqtt.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>The transport under plain MQTT doors, by itself, against plain sockets.</summary>
public sealed class SocketTransportTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly List<IAsyncDisposable> _open = [];
    private IConnectionListener _listener = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private int Port => ((IPEndPoint)_listener.EndPoint).Port;

    public async ValueTask InitializeAsync() =>
        _listener = await new SocketTransport(TimeProvider.System, NullLogger<SocketTransport>.Instance).BindAsync(new PlainMqttEndPoint(IPAddress.Loopback, 0), Token);

    public async ValueTask DisposeAsync()
    {
        foreach (var open in _open)
            await open.DisposeAsync();
        await _listener.UnbindAsync(CancellationToken.None);
        await _listener.DisposeAsync();
    }

    [Fact]
    public void CanBind_OnlyPlainMqttDoors()
    {
        var transport = new SocketTransport(TimeProvider.System, NullLogger<SocketTransport>.Instance);

        Assert.True(transport.CanBind(new PlainMqttEndPoint(IPAddress.Loopback, 0)));
        Assert.False(transport.CanBind(new IPEndPoint(IPAddress.Loopback, 0)));
    }

    [Fact]
    public async Task Bind_PortInUse_SaysSo() =>
        await Assert.ThrowsAsync<AddressInUseException>(
            async () => await new SocketTransport(TimeProvider.System, NullLogger<SocketTransport>.Instance).BindAsync(new PlainMqttEndPoint(IPAddress.Loopback, Port), Token));

    [Fact]
    public async Task Read_PiecesOfAnySize_AllBytesInOrderHoweverTheyAreConsumed()
    {
        var (client, server) = await ConnectAsync();
        var random = new Random(42);
        var sent = new byte[3_000_000];
        random.NextBytes(sent);
        var sending = Task.Run(
            async () =>
            {
                for (var at = 0; at < sent.Length;)
                {
                    var length = Math.Min(random.Next(1, 200_000), sent.Length - at);
                    await client.SendAsync(sent.AsMemory(at, length), Token);
                    at += length;
                }
            },
            Token);

        // Takes all that is there, or some of it, or nothing until more has come.
        var taken = new MemoryStream();
        var how = new Random(7);
        while (taken.Length < sent.Length)
        {
            var buffer = (await ReadAsync(server)).Buffer;
            var count = how.Next(3) switch { 0 => buffer.Length, 1 => buffer.Length / 2, _ => 0 };
            foreach (var part in buffer.Slice(0, count))
                taken.Write(part.Span);
            if (taken.Length == sent.Length || buffer.Length < 300_000)
                server.Transport.Input.AdvanceTo(buffer.GetPosition(count), taken.Length + buffer.Length - count == sent.Length ? buffer.GetPosition(count) : buffer.End);
            else
                server.Transport.Input.AdvanceTo(buffer.GetPosition(count));
        }

        await sending;
        Assert.Equal(sent, taken.ToArray());
    }

    [Fact]
    public async Task Read_BufferHeldByAConnectionThatWentOnElsewhere_IsNotWrittenByOthers()
    {
        var (client, server) = await ConnectAsync();
        var (other, otherServer) = await ConnectAsync();
        var held = HoldAsync();
        await client.SendAsync("mine"u8.ToArray(), Token);
        var buffer = await held.WaitAsync(Patience, Token);

        // The second of these is read by the same thread into the place that the first would have left.
        for (var i = 0; i < 2; i++)
        {
            var reading = ReadAsync(otherServer);
            await other.SendAsync(Encoding.UTF8.GetBytes("theirs"), Token);
            otherServer.Transport.Input.AdvanceTo((await reading).Buffer.End);
        }

        Assert.Equal("mine", Encoding.UTF8.GetString(buffer));
        server.Transport.Input.AdvanceTo(buffer.End);

        async Task<ReadOnlySequence<byte>> HoldAsync()
        {
            var read = await server.Transport.Input.ReadAsync(Token);
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return read.Buffer;
        }
    }

    [Fact]
    public async Task Read_PeerSendsAndCloses_GivesTheBytesAndThenTheEnd()
    {
        var (client, server) = await ConnectAsync();
        await client.SendAsync("last words"u8.ToArray(), Token);
        client.Shutdown(SocketShutdown.Send);

        var text = new StringBuilder();
        ReadResult read;
        do
        {
            read = await ReadAsync(server);
            text.Append(Encoding.UTF8.GetString(read.Buffer));
            server.Transport.Input.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);

        Assert.Equal("last words", text.ToString());
    }

    [Fact]
    public async Task Read_PeerResets_Throws()
    {
        var (client, server) = await ConnectAsync();
        var reading = ReadAsync(server);
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();

        await Assert.ThrowsAsync<ConnectionResetException>(() => reading);
    }

    [Fact]
    public async Task CancelPendingRead_BeforeOrWhileReading_ReturnsOnceCancelled()
    {
        var (client, server) = await ConnectAsync();
        server.Transport.Input.CancelPendingRead();
        Assert.True((await ReadAsync(server)).IsCanceled);

        var reading = ReadAsync(server);
        server.Transport.Input.CancelPendingRead();
        Assert.True((await reading).IsCanceled);

        await client.SendAsync("x"u8.ToArray(), Token);
        Assert.False((await ReadAsync(server)).IsCanceled);
    }

    [Fact]
    public async Task Abort_EndsTheWaitingReadAndThePeer()
    {
        var (client, server) = await ConnectAsync();
        var reading = ReadAsync(server);

        server.Abort(new ConnectionAbortedException("enough"));

        Assert.Equal("enough", (await Assert.ThrowsAsync<ConnectionAbortedException>(() => reading)).Message);
        Assert.Equal(0, await client.ReceiveAsync(new byte[1], Token).AsTask().WaitAsync(Patience, Token));
        Assert.True((await server.Transport.Output.WriteAsync("x"u8.ToArray(), Token)).IsCompleted);
        await Support.Eventually.TrueAsync(() => server.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task Flush_PeerDoesNotRead_WaitsAndSendsTheRestWhenItDoes()
    {
        var (client, server) = await ConnectAsync();
        var sent = new byte[16_000_000];
        new Random(1).NextBytes(sent);

        var flush = server.Transport.Output.WriteAsync(sent, Token).AsTask();
        Assert.False(flush.IsCompleted);

        var received = new byte[sent.Length];
        for (var at = 0; at < received.Length;)
            at += await client.ReceiveAsync(received.AsMemory(at), Token);
        Assert.False((await flush.WaitAsync(Patience, Token)).IsCompleted);
        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task Dispose_WithBytesUnread_PeerStillHearsWhatWasSaid()
    {
        var (client, server) = await ConnectAsync();
        await client.SendAsync(new byte[10_000], Token);
        await server.Transport.Output.WriteAsync("goodbye"u8.ToArray(), Token);
        await server.DisposeAsync();

        var heard = new byte[100];
        var length = await client.ReceiveAsync(heard, Token);
        Assert.Equal("goodbye", Encoding.UTF8.GetString(heard, 0, length));
        Assert.Equal(0, await client.ReceiveAsync(heard, Token));
    }

    [Fact]
    public async Task Post_ToASleepingLoop_RunsOnItsThread()
    {
        var (_, server) = await ConnectAsync();
        for (var i = 0; i < 100; i++)
        {
            var name = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            server.Features.Get<SocketLoop>()!.Post(new Item(() => name.SetResult(Thread.CurrentThread.Name)));
            Assert.StartsWith("MQTT sockets", await name.Task.WaitAsync(Patience, Token), StringComparison.Ordinal);
        }
    }

    /// <summary>Reads, and goes on away from the loop's thread, which a test would keep.</summary>
    private static async Task<ReadResult> ReadAsync(ConnectionContext server)
    {
        try
        {
            return await server.Transport.Input.ReadAsync(Token).AsTask().WaitAsync(Patience, Token);
        }
        finally
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
    }

    private async Task<(Socket Client, ConnectionContext Server)> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, Port, Token);
        var server = (await _listener.AcceptAsync(Token))!;
        _open.Add(server);
        return (client, server);
    }

    private sealed class Item(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
