using System.IO.Pipelines;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Protocols.Mqtt;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

public sealed class MqttAckQueueTests
{
    private static readonly IngestResult Stored = IngestResult.Accepted(0, 0);
    private static readonly IngestResult Refused = IngestResult.Unavailable("The disk is full.");

    private readonly Pipe _pipe = new();

    [Fact]
    [Trait("Promise", "P-2")]
    public async Task Complete_OutOfOrder_AnswersInOrderOfThePublishes()
    {
        var queue = NewQueue(version5: false);
        var (first, second, third) = (Add(queue, 1), Add(queue, 2, 3), Add(queue, 4));

        queue.Complete(third, Stored);
        queue.Complete(second, Stored);
        Assert.False(_pipe.Reader.TryRead(out _));
        Assert.False(queue.WhenEmptyAsync().IsCompleted);
        queue.Complete(first, Stored);

        await queue.WhenEmptyAsync();
        Assert.Equal([0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x40, 2, 0, 3, 0x40, 2, 0, 4], await WrittenAsync(16));
    }

    [Fact]
    [Trait("Promise", "P-1")]
    public async Task Complete_Version311Refused_AnswersNothingBehindIt()
    {
        var queue = NewQueue(version5: false);
        var (first, second, third) = (Add(queue, 1), Add(queue, 2), Add(queue, 3));
        var empty = queue.WhenEmptyAsync();

        queue.Complete(third, Stored);
        Assert.Null(queue.Complete(first, Stored));
        Assert.Equal("The disk is full.", queue.Complete(second, Refused)?.Reason);
        Assert.Null(queue.Complete(Add(queue, 4), Stored));

        // Whoever waits for the end need not wait for what will never be answered.
        await empty.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal([0x40, 2, 0, 1], await WrittenAsync(4));
        Assert.False(_pipe.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Complete_Version5Refused_SaysSoAndGoesOn()
    {
        var queue = NewQueue(version5: true);
        var (first, second) = (Add(queue, 1), Add(queue, 2));

        Assert.Null(queue.Complete(first, Refused));
        Assert.Null(queue.Complete(second, Stored));

        var written = await WrittenAsync(4);
        Assert.Equal([0x40, 0x97], [written[0], written[4]]);
        Assert.Equal([0x40, 2, 0, 2], written[^4..]);
    }

    [Fact]
    public async Task WhenRoom_Full_WaitsForACommit()
    {
        var queue = new MqttAckQueue(NewOutput(version5: false), version5: false, maxMessages: 2, maxBytes: 1000);
        var first = Add(queue, 1);
        Assert.True(queue.WhenRoomAsync(CancellationToken.None).IsCompletedSuccessfully);
        Add(queue, 2);

        var room = queue.WhenRoomAsync(CancellationToken.None);
        Assert.False(room.IsCompleted);
        queue.Complete(first, Stored);

        await room.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.True(queue.WhenRoomAsync(CancellationToken.None).IsCompletedSuccessfully);
    }

    [Fact]
    public void WhenRoom_BytesExceeded_Waits()
    {
        var queue = new MqttAckQueue(NewOutput(version5: false), version5: false, maxMessages: 100, maxBytes: 1000);
        queue.Enqueue(NewPending([1], bytes: 1000));
        Assert.False(queue.WhenRoomAsync(CancellationToken.None).IsCompleted);
    }

    private MqttOutput NewOutput(bool version5) => new(_pipe.Writer, version5, TimeProvider.System);

    private MqttAckQueue NewQueue(bool version5) => new(NewOutput(version5), version5, maxMessages: 100, maxBytes: 100_000);

    private static MqttPendingPublishes NewPending(ushort[] packetIds, int bytes) =>
        new((_, _) => { }, thread: null, packetIds, packetIds.Length, bytes);

    private static MqttPendingPublishes Add(MqttAckQueue queue, params ushort[] packetIds)
    {
        var pending = NewPending(packetIds, packetIds.Length * 10);
        queue.Enqueue(pending);
        return pending;
    }

    private async Task<byte[]> WrittenAsync(int atLeast)
    {
        var read = await _pipe.Reader.ReadAtLeastAsync(atLeast, TestContext.Current.CancellationToken);
        var bytes = System.Buffers.BuffersExtensions.ToArray(read.Buffer);
        _pipe.Reader.AdvanceTo(read.Buffer.End);
        return bytes;
    }
}
