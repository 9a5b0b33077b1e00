using System.Collections.Immutable;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Protocols.Mqtt.Sockets;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>Gathers the publishes of one read; one instance per thread, so that an idle connection holds none.</summary>
internal sealed class MqttPublishBatch
{
    /// <summary>Payloads are copied into arrays of at most this size; above about 85,000 bytes an array is expensive to collect.</summary>
    private const int MaxArena = 64 * 1024;

    private readonly List<Message> _messages = [];
    private readonly List<ushort> _packetIds = [];
    private byte[] _arena = [];
    private int _arenaUsed;
    private long _expected;
    private int _bytes;

    /// <summary>How many publishes there are, answered by the store or not.</summary>
    public int Count { get; private set; }

    /// <summary>Begins anew, for at most that many bytes.</summary>
    public void Begin(long bufferLength)
    {
        _expected = bufferLength;
        _arena = [];
        _arenaUsed = 0;
        _bytes = 0;
        Count = 0;
    }

    /// <summary>Copies a payload out of the connection's buffer.</summary>
    public ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > _arena.Length - _arenaUsed)
        {
            if (payload.Length > MaxArena / 4)
                return payload.ToArray();
            _arena = GC.AllocateUninitializedArray<byte>((int)Math.Clamp(_expected, payload.Length, MaxArena));
            _arenaUsed = 0;
        }

        var copy = _arena.AsMemory(_arenaUsed, payload.Length);
        payload.CopyTo(copy.Span);
        _arenaUsed += payload.Length;
        _expected -= payload.Length;
        return copy;
    }

    /// <summary>Adds a message; packet id 0 when it asks for no acknowledgement.</summary>
    public void Add(Message message, ushort packetId)
    {
        _messages.Add(message);
        _bytes += message.Size;
        AddAnswered(packetId);
    }

    /// <summary>Adds a publish that is only acknowledged, in its turn.</summary>
    public void AddAnswered(ushort packetId)
    {
        Count++;
        if (packetId != 0)
            _packetIds.Add(packetId);
    }

    /// <summary>Gives out what was gathered, and forgets it.</summary>
    /// <param name="answer">What is to be done with the result.</param>
    /// <param name="thread">Where it is to be done; null for the pool.</param>
    /// <param name="messages">What is to be stored.</param>
    public MqttPendingPublishes Finish(
        Action<MqttPendingPublishes, IngestResult> answer, SocketLoop? thread, out ImmutableArray<Message> messages)
    {
        messages = [.. _messages];
        var pending = new MqttPendingPublishes(answer, thread, [.. _packetIds], messages.Length, _bytes);
        _messages.Clear();
        _packetIds.Clear();
        _arena = [];
        return pending;
    }
}
