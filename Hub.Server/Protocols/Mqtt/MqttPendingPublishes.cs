using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Protocols.Mqtt.Sockets;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// Publishes of one connection that were handed over together, waiting for their commit. Their result is taken to the thread that
/// serves the connection's socket, or to the pool where there is none, and answered there.
/// </summary>
/// <param name="answer">What is to be done with the result.</param>
/// <param name="thread">The thread of its socket; null for a connection over TLS or WebSocket.</param>
/// <param name="packetIds">Those to acknowledge, in order; publishes of quality of service 0 have none.</param>
/// <param name="messages">How many messages.</param>
/// <param name="bytes">Their size.</param>
internal sealed class MqttPendingPublishes(
    Action<MqttPendingPublishes, IngestResult> answer, SocketLoop? thread, ushort[] packetIds, int messages, int bytes) : IIngestCaller, IThreadPoolWorkItem
{
    private IngestResult _result;

    public ushort[] PacketIds { get; } = packetIds;

    public int Messages { get; } = messages;

    public int Bytes { get; } = bytes;

    /// <summary>The result, once it was taken in; guarded by the queue's lock.</summary>
    public IngestResult? Result { get; set; }

    public void OnResult(IngestResult result)
    {
        _result = result;
        if (thread is not null)
            thread.Post(this);
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute() => answer(this, _result);
}
