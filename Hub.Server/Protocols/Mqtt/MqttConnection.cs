using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Hub.Server.Messaging.Sessions;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using MQTTnet.Packets;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// One connection from its first byte to its last:
/// 1. CONNECT: who is it (<c>MqttConnection.Connect.cs</c>);
/// 2. the reading loop: publishes are handed over as they come and acknowledged by their commit (<c>.Publish.cs</c>), other packets are
///    answered one by one (<c>.Subscribe.cs</c>);
/// 3. the end: goodbye, will, session.
/// The loop is the only reader; what is written meets in <see cref="MqttOutput"/>.
/// </summary>
internal sealed partial class MqttConnection(ConnectionContext transport, MqttServices services)
{
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(2);

    /// <summary>The same where the device may no longer speak: the whole of its connection is gone within a second (promise P-5).</summary>
    private static readonly TimeSpan ShortGoodbyeTime = TimeSpan.FromMilliseconds(300);

    /// <summary>When, after that, the transport is dropped, whatever it still waits for: a peer that does not read, or its closing handshake.</summary>
    private static readonly TimeSpan PromptEnd = TimeSpan.FromMilliseconds(750);

    private readonly long _accepted = transport.Features.Get<ConnectionAccepted>()?.Timestamp ?? services.Time.GetTimestamp();
    private readonly PipeReader _input = transport.Transport.Input;
    private MqttOutput? _output;
    private MqttDeviceLink? _link;
    private MqttSessionState? _session;
    private bool _version5;
    private long _closingSince;

    /// <summary>How long the device has left unread what it was sent.</summary>
    public TimeSpan StalledFor => _output?.StalledFor ?? TimeSpan.Zero;

    /// <summary>Serves the connection; returns when it has ended.</summary>
    public async Task RunAsync()
    {
        try
        {
            if (await ConnectAsync() is not null)
                await ServeAsync();
            else if (_output is not null)
                await _output.EndAsync(GoodbyeTime);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // Before authentication a lost connection concerns nobody; after it, ServeAsync has noted it.
            await LeaveAsync(MqttReasons.ConnectionLost);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Log.Failed(services.Logger, transport.ConnectionId, exception);
            await LeaveAsync(MqttReasons.Failed);
        }
        finally
        {
            _output?.Close();
            await _input.CompleteAsync();
            await transport.Transport.Output.CompleteAsync();
        }
    }

    /// <summary>Ends the connection when something is overdue. Called about twice a second.</summary>
    public void Check()
    {
        var link = Volatile.Read(ref _link);
        if (link is null)
        {
            // Silent, half a packet, or slow: before authentication there is one deadline for all of it (promise P-7).
            if (services.Time.GetElapsedTime(_accepted) > services.Options.ConnectTimeout)
                transport.Abort(new ConnectionAbortedException("No CONNECT came in time."));
            return;
        }

        if (StalledFor > services.Options.WriteTimeout || _output!.IsOverfull)
        {
            link.Close(MqttReasons.NotReading);
            // What it does not read it will not read: no goodbye.
            transport.Abort(new ConnectionAbortedException(MqttReasons.NotReading.Description));
        }
        else if (link.Silence > link.MaxSilence && link.IsListening)
        {
            link.Close(MqttReasons.KeepAlive(link.Silence));
        }
        else if (link.CloseReason is not null && Volatile.Read(ref _closingSince) != 0 && services.Time.GetElapsedTime(_closingSince) > 2 * GoodbyeTime)
        {
            transport.Abort(new ConnectionAbortedException(link.CloseReason.Description));
        }
    }

    /// <summary>Ends the connection because the hub stops.</summary>
    public void Stop()
    {
        if (Volatile.Read(ref _link) is { } link)
            link.Close(MqttReasons.Shutdown);
        else
            transport.Abort(new ConnectionAbortedException(MqttReasons.Shutdown.Description));
    }

    private async Task ServeAsync()
    {
        var link = _link!;
        using var cancelRead = link.Closing.UnsafeRegister(static state => ((MqttConnection)state!).OnClosing(), this);
        LinkCloseReason reason;
        try
        {
            reason = await ReceiveAsync(link);
        }
        catch (Exception exception) when (exception is IOException or ConnectionResetException or ConnectionAbortedException)
        {
            reason = MqttReasons.ConnectionLost;
        }
        catch (OperationCanceledException) when (link.CloseReason is not null)
        {
            reason = link.CloseReason;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The boundary of a connection: whatever was not foreseen ends this one, and it still leaves the table.
            Log.Failed(services.Logger, transport.ConnectionId, exception);
            reason = MqttReasons.Failed;
        }

        link.Close(reason);
        await EndAsync(link, link.CloseReason ?? reason);
    }

    /// <summary>What this end of the connection asks for, whoever ended it.</summary>
    private async Task EndAsync(MqttDeviceLink link, LinkCloseReason reason)
    {
        await LeaveSocketThreadAsync();

        // 1. The device is gone for all others from here on.
        services.Sessions.Remove(link, reason);
        link.Deliveries?.End();

        // 2. What was handed over is still committed: the device hears of it if it can, so that it need not send it again.
        if (reason.Kind is not (LinkCloseKind.ConnectionLost or LinkCloseKind.NotReading))
        {
            var atMost = reason.EndsPromptly ? ShortGoodbyeTime : GoodbyeTime;
            await _acks!.WhenEmptyAsync().WaitAsync(atMost, services.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_version5 && reason.Kind != LinkCloseKind.ClosedByDevice)
                _output!.Send(new MqttDisconnectPacket { ReasonCode = MqttReasons.ToCode(reason), ReasonString = reason.Told });
            await _output!.EndAsync(atMost);
        }

        // 3. Will and session.
        await PublishWillAsync(link, reason);
        await services.MqttSessions.EndAsync(_session!);
        Log.Ended(services.Logger, link.DeviceId.Value, link.ConnectionId, link.Protocol, reason.Kind, reason.Description);
        link.Dispose();
    }

    /// <summary>Takes the link out of the table, should the connection have failed between its entry and its end.</summary>
    private async ValueTask LeaveAsync(LinkCloseReason reason)
    {
        if (_link is not { } link)
            return;
        link.Close(reason);
        services.Sessions.Remove(link, link.CloseReason ?? reason);
        link.Deliveries?.End();
        try
        {
            await services.MqttSessions.EndAsync(_session!);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // What is stored of the session stays as it was.
            Log.Failed(services.Logger, transport.ConnectionId, exception);
        }
    }

    /// <summary>
    /// What was read is seen on the thread that serves the sockets of many (<see cref="Sockets.SocketLoop"/>), or on that of whoever closes
    /// the link; what may wait goes on in the pool.
    /// </summary>
    private static ConfiguredTaskAwaitable LeaveSocketThreadAsync() =>
        Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    private void OnClosing()
    {
        Volatile.Write(ref _closingSince, services.Time.GetTimestamp());
        _input.CancelPendingRead();
        if (_link!.CloseReason is { EndsPromptly: true } reason)
            _ = DropSoonAsync(reason);
    }

    /// <summary>
    /// Drops the transport, should it still be there then. This may outlast the serving of the connection: a WebSocket waits for its peer's
    /// close after that, and TLS for the peer to read.
    /// </summary>
    private async Task DropSoonAsync(LinkCloseReason reason)
    {
        await Task.Delay(PromptEnd, services.Time, CancellationToken.None);
        try
        {
            transport.Abort(new ConnectionAbortedException(reason.Description));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Log.GoneBefore(services.Logger, transport.ConnectionId, exception);
        }
    }

    /// <summary>Words of the program, so that ten thousand connections share them.</summary>
    private string ProtocolName() =>
        transport.Features.Get<IHttpWebSocketFeature>() is not null ? _version5 ? "MQTT 5 over WebSocket" : "MQTT 3.1.1 over WebSocket"
        : transport.Features.Get<ITlsHandshakeFeature>() is not null ? _version5 ? "MQTT 5 over TLS" : "MQTT 3.1.1 over TLS"
        : _version5 ? "MQTT 5 over TCP" : "MQTT 3.1.1 over TCP";

    private static partial class Log
    {
        [LoggerMessage(EventIds.Mqtt + 1, LogLevel.Debug, "{DeviceId} connected as {ConnectionId} ({Protocol}).")]
        public static partial void Connected(ILogger logger, string deviceId, string connectionId, string protocol);

        [LoggerMessage(EventIds.Mqtt + 10, LogLevel.Debug, "{ConnectionId} was gone before it was to be dropped.")]
        public static partial void GoneBefore(ILogger logger, string connectionId, Exception exception);

        [LoggerMessage(EventIds.Mqtt + 4, LogLevel.Error, "{ConnectionId} failed.")]
        public static partial void Failed(ILogger logger, string connectionId, Exception exception);

        [LoggerMessage(EventIds.Mqtt + 3, LogLevel.Information, "{DeviceId}, {ConnectionId} ({Protocol}), ended: {Kind}. {Reason}")]
        public static partial void Ended(
            ILogger logger, string deviceId, string connectionId, string protocol, LinkCloseKind kind, string reason);
    }
}
