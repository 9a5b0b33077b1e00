using System.Net.WebSockets;
using Hub.Tests.Support;
using Xunit;
using static Hub.Tests.Protocols.WebSockets.WebSocketBench;

namespace Hub.Tests.Protocols.WebSockets;

/// <summary>Who does not read makes the other wait.</summary>
public sealed class WebSocketPressureTests
{
    private const int Plenty = 64 * 1024 * 1024;

    [Fact]
    public async Task HeadDoesNotRead_PeerHasToWait()
    {
        var mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = 0L;
        await using var server = await StartAsync(async connection =>
        {
            await mayRead.Task.WaitAsync(Patience, None);
            while (read < Plenty)
            {
                var result = await connection.Transport.Input.ReadAsync(None).AsTask().WaitAsync(Patience, None);
                read += result.Buffer.Length;
                connection.Transport.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    return;
            }
        });
        using var socket = await ConnectAsync(server);
        var sent = 0L;
        var chunk = new byte[64 * 1024];
        var sending = Task.Run(
            async () =>
            {
                for (; sent < Plenty; sent += chunk.Length)
                    await socket.SendAsync(chunk.AsMemory(), WebSocketMessageType.Binary, true, None);
            },
            None);

        await StandsStillAsync(() => Volatile.Read(ref sent));
        var whileStill = Volatile.Read(ref sent);
        mayRead.SetResult();
        await sending.WaitAsync(Patience, None);
        await Eventually.TrueAsync(() => Volatile.Read(ref read) == Plenty);

        Assert.InRange(whileStill, 0, Plenty - 1);
    }

    [Fact]
    public async Task PeerDoesNotRead_HeadHasToWait()
    {
        var written = 0L;
        await using var server = await StartAsync(async connection =>
        {
            var chunk = new byte[64 * 1024];
            for (; written < Plenty; written += chunk.Length)
                await connection.Transport.Output.WriteAsync(chunk, None);
        });
        using var socket = await ConnectAsync(server);

        await StandsStillAsync(() => Volatile.Read(ref written));
        var whileStill = Volatile.Read(ref written);
        await ReceiveAsync(socket, Plenty).WaitAsync(Patience, None);

        Assert.InRange(whileStill, 0, Plenty - 1);
    }

    /// <summary>Waits until a count has begun and does not move any more.</summary>
    private static async Task StandsStillAsync(Func<long> count)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        var began = TimeProvider.System.GetTimestamp();
        var before = -1L;
        while (await timer.WaitForNextTickAsync(None) && (count() is var now) && (now == 0 || now != before))
        {
            before = now;
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"The count goes on moving, or never began: {now}.");
        }
    }
}
