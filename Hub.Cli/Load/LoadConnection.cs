using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Hub.Cli.Load;

/// <summary>
/// One MQTT connection of a load. It reads PUBACKs, and sends as long as the window has room: of its own accord, or, at a fixed
/// rate, what the timetable handed it. The reader and the timetable meet under <c>_gate</c>; at most one of them sends at a time.
/// </summary>
internal sealed class LoadConnection(LoadPlan plan, MqttIdentity identity, LoadClock clock) : IAsyncDisposable
{
    private const int MaxSend = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly PublishTemplate _publish = PacketEncoder.Publish(plan.TopicOf(identity.ClientId), plan.Payload, plan.Qos);
    private readonly InFlightWindow _window = new(plan.InFlight, clock);
    private readonly Queue<long> _due = new();
    private readonly AckReader _acks = new();
    private Stream? _stream;
    private Socket? _socket;
    private byte[] _sendBuffer = [];
    private bool _sending;
    private bool _started;
    private bool _ending;

    public string ClientId => identity.ClientId;

    public long Sent { get; private set; }

    public long Measured { get; private set; }

    public long OrderViolations => _window.OrderViolations;

    /// <summary>Messages that were due or sent and have no PUBACK.</summary>
    public int Unsettled
    {
        get
        {
            lock (_gate)
                return _due.Count + _window.Count;
        }
    }

    /// <summary>Why the connection broke; null while it holds.</summary>
    public string? Error { get; private set; }

    /// <summary>Connects and waits for CONNACK.</summary>
    public async Task ConnectAsync(IPAddress target, IPAddress? source, CancellationToken cancellationToken)
    {
        _socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (source is not null)
            _socket.Bind(new IPEndPoint(source, 0));
        await _socket.ConnectAsync(new IPEndPoint(target, plan.Target.Port), cancellationToken);
        if (plan.Target.Tls)
            _stream = await HandshakeAsync(_socket, cancellationToken);

        await SendAsync(PacketEncoder.Connect(identity, plan.KeepAliveSeconds), cancellationToken);
        var buffer = new byte[16];
        while (_acks.ConnectCode is null)
        {
            var read = await ReceiveAsync(buffer, cancellationToken);
            if (read == 0)
                throw new IOException("the server closed the connection before CONNACK");
            _acks.Read(buffer.AsSpan(0, read), _window, clock.Now);
        }

        if (_acks.ConnectCode != 0)
            throw new IOException($"CONNACK {_acks.ConnectCode}: {ReasonOf(_acks.ConnectCode.Value)}");
    }

    /// <summary>Reads until the connection ends, and sends of its own accord when no rate is set.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var buffer = new byte[plan.Idle ? 16 : Math.Clamp(plan.InFlight * 4, 64, 8192)];
            if (!plan.Idle)
            {
                _sendBuffer = new byte[Math.Max(_publish.Packet.Length, Math.Min(MaxSend, _publish.Packet.Length * plan.InFlight))];
                _started = true;
                await PumpAsync(cancellationToken);
            }

            while (true)
            {
                var read = await ReceiveAsync(buffer, cancellationToken);
                if (read == 0)
                    throw new IOException("the server closed the connection");
                lock (_gate)
                {
                    _acks.Read(buffer.AsSpan(0, read), _window, clock.Now);
                    Measured = _window.Measured;
                }

                if (_started)
                    await PumpAsync(cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            if (!_ending && !cancellationToken.IsCancellationRequested)
                Error = e.Message;
        }
    }

    /// <summary>Hands over a message that is to leave now; it waits when the window is full.</summary>
    public async Task OfferAsync(long dueAt, CancellationToken cancellationToken)
    {
        lock (_gate)
            _due.Enqueue(dueAt);
        try
        {
            await PumpAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            Error ??= e.Message;
        }
    }

    /// <summary>Keeps an idle connection alive.</summary>
    public ValueTask PingAsync(CancellationToken cancellationToken) => SendAsync(PacketEncoder.PingRequest.ToArray(), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _ending = true;
        try
        {
            if (Error is null && _acks.ConnectCode == 0)
                await SendAsync(PacketEncoder.Disconnect.ToArray(), CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or TimeoutException)
        {
            // The other side was quicker, or listens no more: the socket is closed next either way.
        }

        if (_stream is not null)
            await _stream.DisposeAsync();
        _socket?.Dispose();
    }

    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_sending || !_started)
                return;
            _sending = true;
        }

        while (true)
        {
            int length;
            lock (_gate)
            {
                length = Fill();
                if (length == 0)
                {
                    _sending = false;
                    return;
                }
            }

            await SendAsync(_sendBuffer.AsMemory(0, length), cancellationToken);
            // Without acknowledgements nothing else would make this connection leave the thread to the others.
            if (plan.Qos == 0)
                await Task.Yield();
        }
    }

    /// <summary>Copies as many packets as may leave now.</summary>
    private int Fill()
    {
        var now = clock.Now;
        var paced = plan.Rate is not null;
        if (!paced && !clock.Sending(now))
            return 0;
        var packet = _publish.Packet.AsSpan();
        var room = Math.Min(_sendBuffer.Length / packet.Length, plan.Qos == 0 ? int.MaxValue : _window.Free);
        if (paced)
            room = Math.Min(room, _due.Count);
        for (var i = 0; i < room; i++)
        {
            var target = _sendBuffer.AsSpan(i * packet.Length, packet.Length);
            packet.CopyTo(target);
            var dueAt = paced ? _due.Dequeue() : now;
            if (plan.Qos > 0)
                PacketEncoder.SetPacketId(target, _publish.PacketIdOffset, _window.Add(dueAt));
            else if (clock.Within(now))
                Measured++;
        }

        Sent += room;
        return room * packet.Length;
    }

    private async Task<Stream> HandshakeAsync(Socket socket, CancellationToken cancellationToken)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = plan.Target.Host,
            // Anyone's only by an option that says so: a load speaks to a server that its operator runs.
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => plan.Insecure || plan.Trust.Accepts(certificate, chain, errors),
        };
        var ssl = new SslStream(new NetworkStream(socket, ownsSocket: false));
        await ssl.AuthenticateAsClientAsync(options, cancellationToken);
        return ssl;
    }

    private ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        _stream is null ? _socket!.ReceiveAsync(buffer, SocketFlags.None, cancellationToken) : _stream.ReadAsync(buffer, cancellationToken);

    private async ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (_stream is not null)
        {
            await _stream.WriteAsync(data, cancellationToken);
            return;
        }

        while (!data.IsEmpty)
            data = data[await _socket!.SendAsync(data, SocketFlags.None, cancellationToken)..];
    }

    private static string ReasonOf(byte code) => code switch
    {
        1 => "the server does not speak MQTT 3.1.1",
        2 => "the client id is refused",
        3 => "the server cannot serve now",
        4 => "user name or password are malformed",
        5 => "not authorised",
        _ => "refused",
    };
}
