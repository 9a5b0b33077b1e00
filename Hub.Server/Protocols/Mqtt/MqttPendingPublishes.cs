using System.Runtime.CompilerServices;
using Hub.Server.Messaging.DeviceToCloud;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// Publishes of one connection that were handed over together, waiting for their commit. It is its own continuation, since the hot
/// path makes one per read and an async method would make three objects of it.
/// </summary>
/// <param name="packetIds">Those to acknowledge, in order; publishes of quality of service 0 have none.</param>
/// <param name="messages">How many messages.</param>
/// <param name="bytes">Their size.</param>
internal sealed class MqttPendingPublishes(ushort[] packetIds, int messages, int bytes)
{
    private ValueTaskAwaiter<IngestResult> _awaiter;
    private Action<MqttPendingPublishes, IngestResult>? _finish;

    public ushort[] PacketIds { get; } = packetIds;

    public int Messages { get; } = messages;

    public int Bytes { get; } = bytes;

    /// <summary>The result, once there is one; guarded by the queue's lock.</summary>
    public IngestResult? Result { get; set; }

    /// <summary>Calls <paramref name="finish"/> with the result, now or when it is there.</summary>
    public void Await(ValueTask<IngestResult> result, Action<MqttPendingPublishes, IngestResult> finish)
    {
        _awaiter = result.GetAwaiter();
        _finish = finish;
        if (_awaiter.IsCompleted)
            Finish();
        else
            _awaiter.UnsafeOnCompleted(Finish);
    }

    private void Finish() => _finish!(this, _awaiter.GetResult());
}
