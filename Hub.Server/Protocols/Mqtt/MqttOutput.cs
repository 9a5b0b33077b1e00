using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using MQTTnet.Packets;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// All that is written to one device: acknowledgements from the commit, answers from the reading loop, messages from the cloud meet
/// here. Whoever writes sends it too; while the device does not read, bytes gather and leave in one send later, and nobody waits for
/// the network. Safe from any thread.
/// </summary>
internal sealed class MqttOutput(PipeWriter writer, bool version5, TimeProvider time)
{
    /// <summary>What may gather before the device counts as not reading.</summary>
    private const int MaxGathered = 1024 * 1024;

    private static ReadOnlySpan<byte> PingRespPacket => [0xD0, 0x00];

    private static readonly Task<bool> AllLeft = Task.FromResult(true);
    private static readonly Task<bool> NeverLeft = Task.FromResult(false);

    private readonly Lock _lock = new();
    private PooledBuffer? _gathered;
    private long _flushStarted;
    private bool _flushing;
    private bool _ended;
    private Task<bool> _lastFlush = AllLeft;

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
            if (TryOpen() is not { } target)
                return;
            var span = target.GetSpan(packetIds.Length * 4);
            for (var i = 0; i < packetIds.Length; i++)
            {
                BinaryPrimitives.WriteUInt16BigEndian(span[(i * 4)..], 0x4002);
                BinaryPrimitives.WriteUInt16BigEndian(span[(i * 4 + 2)..], packetIds[i]);
            }

            target.Advance(packetIds.Length * 4);
            Flush();
        }
    }

    /// <summary>Answers a PINGREQ, once.</summary>
    public void PingResp()
    {
        lock (_lock)
        {
            if (TryOpen() is not { } target)
                return;
            target.Write(PingRespPacket);
            Flush();
        }
    }

    /// <summary>Sends any other packet.</summary>
    public void Send(MqttPacket packet) => TrySend(packet, out _);

    /// <summary>Sends a packet, and says what becomes of it.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="isTooLarge">Whether it is not sent because the device takes none so large.</param>
    /// <returns>Null when it is not sent. Else completes when it has left, with true, or when it never will; at once unless the device is slow to read.</returns>
    public Task<bool>? TrySend(MqttPacket packet, out bool isTooLarge)
    {
        if (!TellsReasons && packet is MqttPubAckPacket quiet)
            quiet.ReasonString = null;
        var encoded = new PooledBuffer();
        MqttCodec.Encode(packet, version5, encoded);
        // What the device cannot take is not sent [MQTT-3.1.2-24]; without its words it may fit.
        if (encoded.WrittenCount > MaxPacketSize && TryShorten(packet))
        {
            encoded.TakeBack(0);
            MqttCodec.Encode(packet, version5, encoded);
        }

        isTooLarge = encoded.WrittenCount > MaxPacketSize;
        Task<bool>? left = null;
        lock (_lock)
        {
            if (!isTooLarge && TryOpen() is { } target)
            {
                target.Write(encoded.WrittenSpan);
                left = Flush();
            }
        }

        encoded.Return();
        return left;
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

    /// <summary>Takes nothing more: the writer is about to be completed.</summary>
    public void Close()
    {
        lock (_lock)
            _ended = true;
    }

    private static bool TryShorten(MqttPacket packet)
    {
        switch (packet)
        {
            case MqttConnAckPacket { ReasonString: not null } refusal:
                refusal.ReasonString = null;
                return true;
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

    /// <summary>Where to write now: the connection itself, or, while a flush of it waits, what gathers for the next one.</summary>
    private IBufferWriter<byte>? TryOpen()
    {
        if (_ended || IsOverfull)
            return null;
        if (!_flushing)
            return writer;
        _gathered ??= new PooledBuffer();
        if (_gathered.WrittenCount <= MaxGathered)
            return _gathered;
        IsOverfull = true;
        return null;
    }

    /// <summary>Sends what was written, unless a flush is under way, which will; completes with whether it left. Inside the lock.</summary>
    private Task<bool> Flush()
    {
        if (_flushing)
            return _lastFlush;
        var flush = writer.FlushAsync(CancellationToken.None);
        if (!flush.IsCompletedSuccessfully)
        {
            _flushing = true;
            Volatile.Write(ref _flushStarted, time.GetTimestamp());
            return _lastFlush = FlushRestAsync(flush);
        }

        if (!flush.Result.IsCompleted)
            return AllLeft;
        _ended = true;
        return NeverLeft;
    }

    /// <summary>Waits for a flush, and flushes what gathered meanwhile, until nothing is left.</summary>
    private async Task<bool> FlushRestAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            while (true)
            {
                if ((await flush).IsCompleted)
                    throw new IOException("The connection is closed.");
                lock (_lock)
                {
                    Volatile.Write(ref _flushStarted, _gathered is null ? 0 : time.GetTimestamp());
                    _flushing = _gathered is not null;
                    if (_gathered is null)
                        return true;
                    writer.Write(_gathered.WrittenSpan);
                    _gathered.Return();
                    _gathered = null;
                }

                flush = writer.FlushAsync(CancellationToken.None);
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The connection is gone; the reading loop learns it by itself, and what could not be sent is settled by its end.
            Volatile.Write(ref _flushStarted, 0);
            lock (_lock)
                _ended = true;
            return false;
        }
    }
}
