using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using MQTTnet.Packets;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// All that is written to one device: acknowledgements from the commit, answers from the reading loop, messages from the cloud meet
/// here. Bytes are gathered under a lock and flushed by whoever finds no flush under way, so that many acknowledgements leave in one
/// send and nobody waits for the network. Safe from any thread.
/// </summary>
internal sealed class MqttOutput(PipeWriter writer, bool version5, TimeProvider time)
{
    /// <summary>What may gather before the device counts as not reading.</summary>
    private const int MaxGathered = 1024 * 1024;

    private static ReadOnlySpan<byte> PingRespPacket => [0xD0, 0x00];

    private readonly Lock _lock = new();
    private PooledBuffer? _gathered;
    private long _flushStarted;
    private bool _flushing;
    private bool _ended;
    private Task _lastFlush = Task.CompletedTask;

    /// <summary>The largest packet that the device takes (MQTT 5, 3.1.2.11.4); set before the first packet is sent.</summary>
    public long MaxPacketSize { get; set; } = long.MaxValue;

    /// <summary>Whether the device wants reason strings with acknowledgements (MQTT 5, 3.1.2.11.7); set before the first packet is sent.</summary>
    public bool TellsReasons { get; set; } = true;

    /// <summary>Whether the device has left more unread than may gather.</summary>
    public bool IsOverfull { get; private set; }

    /// <summary>How long the flush under way has been waiting for the device to read; zero without one.</summary>
    public TimeSpan StalledFor
    {
        get
        {
            var started = Volatile.Read(ref _flushStarted);
            return started == 0 ? TimeSpan.Zero : time.GetElapsedTime(started);
        }
    }

    /// <summary>Acknowledges publishes, in the order given.</summary>
    public void PubAck(ReadOnlySpan<ushort> packetIds)
    {
        lock (_lock)
        {
            if (TryBuffer() is not { } buffer)
                return;
            var span = buffer.GetSpan(packetIds.Length * 4);
            for (var i = 0; i < packetIds.Length; i++)
            {
                BinaryPrimitives.WriteUInt16BigEndian(span[(i * 4)..], 0x4002);
                BinaryPrimitives.WriteUInt16BigEndian(span[(i * 4 + 2)..], packetIds[i]);
            }

            buffer.Advance(packetIds.Length * 4);
        }

        Flush();
    }

    /// <summary>Answers a PINGREQ, once.</summary>
    public void PingResp()
    {
        lock (_lock)
        {
            if (TryBuffer() is not { } buffer)
                return;
            buffer.Write(PingRespPacket);
        }

        Flush();
    }

    /// <summary>Sends any other packet.</summary>
    public void Send(MqttPacket packet)
    {
        lock (_lock)
        {
            if (TryBuffer() is not { } buffer)
                return;
            if (!TellsReasons && packet is MqttPubAckPacket quiet)
                quiet.ReasonString = null;
            var before = buffer.WrittenCount;
            MqttCodec.Encode(packet, version5, buffer);
            if (buffer.WrittenCount - before > MaxPacketSize)
            {
                // What the device cannot take is not sent [MQTT-3.1.2-24]; without its words it may fit.
                buffer.TakeBack(before);
                if (TryShorten(packet))
                    MqttCodec.Encode(packet, version5, buffer);
                if (buffer.WrittenCount - before > MaxPacketSize)
                    buffer.TakeBack(before);
            }
        }

        Flush();
    }

    /// <summary>Takes nothing more, and completes when all that was taken has left or the time is over.</summary>
    public async Task EndAsync(TimeSpan atMost)
    {
        Task last;
        lock (_lock)
        {
            _ended = true;
            last = _lastFlush;
        }

        await last.WaitAsync(atMost, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static bool TryShorten(MqttPacket packet)
    {
        switch (packet)
        {
            case MqttPubAckPacket { ReasonString: not null } acknowledgement:
                acknowledgement.ReasonString = null;
                return true;
            case MqttDisconnectPacket { ReasonString: not null } disconnect:
                disconnect.ReasonString = null;
                return true;
            default:
                return false;
        }
    }

    private PooledBuffer? TryBuffer()
    {
        if (_ended || IsOverfull)
            return null;
        _gathered ??= new PooledBuffer();
        if (_gathered.WrittenCount <= MaxGathered)
            return _gathered;
        IsOverfull = true;
        return null;
    }

    private void Flush()
    {
        lock (_lock)
        {
            if (_flushing || _gathered is null)
                return;
            _flushing = true;
            _lastFlush = FlushAllAsync();
        }
    }

    /// <summary>Flushes until nothing is left. Runs inside the lock up to its first real wait.</summary>
    private async Task FlushAllAsync()
    {
        try
        {
            while (true)
            {
                PooledBuffer? buffer;
                lock (_lock)
                {
                    buffer = _gathered;
                    _gathered = null;
                    if (buffer is null)
                    {
                        _flushing = false;
                        return;
                    }
                }

                writer.Write(buffer.WrittenSpan);
                buffer.Return();
                Volatile.Write(ref _flushStarted, time.GetTimestamp());
                var result = await writer.FlushAsync(CancellationToken.None);
                Volatile.Write(ref _flushStarted, 0);
                if (result.IsCompleted)
                    throw new IOException("The connection is closed.");
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The connection is gone; the reading loop learns it by itself, and what could not be sent is settled by its end.
            Volatile.Write(ref _flushStarted, 0);
            lock (_lock)
                _ended = true;
        }
    }
}
