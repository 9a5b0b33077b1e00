using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using System.Diagnostics.Metrics;
using Xunit;

namespace Hub.Tests.Messaging.Sessions;

public sealed class ConnectionHistoryWriterTests : IAsyncDisposable
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private static readonly LinkCloseReason Lost = new(LinkCloseKind.ConnectionLost, "The connection broke.");

    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2026-01-01T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture));
    private readonly InMemoryDeviceStore _devices = new();
    private readonly InMemoryConnectionHistoryStore _history = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly SessionTable _sessions;
    private readonly ConnectionHistoryWriter _writer;

    public ConnectionHistoryWriterTests()
    {
        _sessions = new SessionTable(new DeviceRegistry(_devices, _time));
        _writer = new ConnectionHistoryWriter(
            _sessions, _history, _devices, _time, new SessionMetrics(_services.GetRequiredService<IMeterFactory>(), _sessions),
            NullLogger<ConnectionHistoryWriter>.Instance);
    }

    [Fact]
    public async Task Start_DeviceThatWasConnected_IsMarkedWithTheReason()
    {
        await AddAsync("d1", new DevicePresence { ConnectionState = ConnectionState.Connected, Protocol = "MQTT 5" });

        await _writer.StartAsync(None);

        var presence = await PresenceAsync("d1");
        Assert.Equal((ConnectionState.Disconnected, null), (presence.ConnectionState, presence.Protocol));
        Assert.Contains("restarted", presence.DisconnectReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Activity_OfADeviceWithoutLink_IsWrittenAtOnceThenOnceAMinute()
    {
        await AddAsync("d1");
        await _writer.StartAsync(None);
        var generation = (await _devices.FindAsync(DeviceId.Parse("d1"), None))!.GenerationId;
        var first = _time.GetUtcNow();

        _writer.RecordActivity(DeviceId.Parse("d1"), generation);
        await TickUntilAsync(() => Presence("d1").LastActivityTime == first);
        var second = _time.GetUtcNow();
        _writer.RecordActivity(DeviceId.Parse("d1"), generation);
        await TickUntilAsync(() => Presence("d1").LastActivityTime == second);
        var written = _time.GetUtcNow();

        Assert.True(written - first >= ConnectionHistoryWriter.ActivityInterval - TimeSpan.FromSeconds(1), $"{written - first}");
    }

    [Fact]
    public async Task Link_ComesAndGoes_IsWrittenInBatches()
    {
        await AddAsync("d1");
        await _writer.StartAsync(None);
        var link = new TestDeviceLink("d1") { ConnectedTime = _time.GetUtcNow() };

        _sessions.Add(link);
        await TickUntilAsync(() => _history.Entries.Count == 1);
        var connected = await PresenceAsync("d1");
        _sessions.Remove(link, Lost);
        _writer.RecordRefused(link.DeviceId, "c2", "MQTT 5", "1.2.3.4:5", "The token has ended.");
        await TickUntilAsync(() => _history.Entries.Count == 3);
        await TickUntilAsync(() => Presence("d1").ConnectionState == ConnectionState.Disconnected);

        Assert.Equal((ConnectionState.Connected, "MQTT 3.1.1"), (connected.ConnectionState, connected.Protocol));
        Assert.Equal(
            [(ConnectionEvent.Connected, null), (ConnectionEvent.Disconnected, "The connection broke."), (ConnectionEvent.Refused, "The token has ended.")],
            _history.Entries.Select(entry => (entry.Event, entry.Reason)));
        Assert.Equal(2, _history.Appends);
        Assert.Equal("The connection broke.", Presence("d1").DisconnectReason);
    }

    [Fact]
    public async Task Link_TakenOver_StaysConnected()
    {
        await AddAsync("d1");
        await _writer.StartAsync(None);

        var first = new TestDeviceLink("d1") { Protocol = "MQTT 3.1.1" };
        var second = new TestDeviceLink("d1") { Protocol = "MQTT 5" };
        _sessions.Add(first);
        _sessions.Add(second);
        _sessions.Remove(first, Lost);
        await TickUntilAsync(() => Presence("d1").Protocol == "MQTT 5");

        Assert.Equal(ConnectionState.Connected, Presence("d1").ConnectionState);
        Assert.Equal(3, _history.Entries.Count);
    }

    [Fact]
    public async Task Store_Fails_IsTriedAgainUntilItHolds()
    {
        await AddAsync("d1");
        await _writer.StartAsync(None);
        _history.Fails = true;
        _sessions.Add(new TestDeviceLink("d1"));
        for (var i = 0; i < 5; i++)
            await TickAsync();
        Assert.Empty(_history.Entries);

        _history.Fails = false;

        await TickUntilAsync(() => Presence("d1").ConnectionState == ConnectionState.Connected);
        Assert.Single(_history.Entries);
    }

    [Fact]
    public async Task Queue_Overflows_PresenceIsStillRight()
    {
        const int devices = ConnectionHistoryWriter.MaxQueued + 500;
        for (var i = 0; i < devices; i++)
            await AddAsync($"d{i}");
        await _writer.StartAsync(None);

        for (var i = 0; i < devices; i++)
            _sessions.Add(new TestDeviceLink($"d{i}"));
        await TickUntilAsync(() => Presence($"d{devices - 1}").ConnectionState == ConnectionState.Connected);

        Assert.Equal(ConnectionHistoryWriter.MaxQueued, _history.Entries.Count);
        Assert.Equal(ConnectionHistoryWriter.MaxPerWrite, _history.LargestAppend);
        Assert.Equal(ConnectionState.Connected, Presence("d0").ConnectionState);
    }

    [Fact]
    public async Task Refusals_Flood_LeaveRoomForWhoCame()
    {
        await AddAsync("d1");
        await _writer.StartAsync(None);

        for (var i = 0; i < 2 * ConnectionHistoryWriter.MaxQueued; i++)
            _writer.RecordRefused(DeviceId.Parse("d1"), "c", "MQTT 5", null, "Wrong key.");
        _sessions.Add(new TestDeviceLink("d1"));
        await TickUntilAsync(() => _history.Entries.Count > 0);

        Assert.Equal(ConnectionHistoryWriter.MaxQueued / 2, _history.Entries.Count(entry => entry.Event == ConnectionEvent.Refused));
        Assert.Equal(ConnectionEvent.Connected, _history.Entries[^1].Event);
    }

    [Fact]
    public async Task LastActivity_OfALiveLink_IsKeptOnceAMinute()
    {
        await AddAsync("d1");
        await _writer.StartAsync(None);
        var link = new TestDeviceLink("d1") { LastActivityTime = _time.GetUtcNow() };
        _sessions.Add(link);
        await TickUntilAsync(() => Presence("d1").ConnectionState == ConnectionState.Connected);

        var heard = link.LastActivityTime = _time.GetUtcNow() + TimeSpan.FromSeconds(1);
        _time.Advance(ConnectionHistoryWriter.ActivityInterval);

        await TickUntilAsync(() => Presence("d1").LastActivityTime == heard);
    }

    [Fact]
    public async Task Stop_WhatIsQueued_IsWritten()
    {
        await AddAsync("d1");
        await _writer.StartAsync(None);
        var link = new TestDeviceLink("d1");
        _sessions.Add(link);
        _sessions.Remove(link, new LinkCloseReason(LinkCloseKind.ServerShutdown, "The hub stops."));

        await _writer.StopAsync(None);

        Assert.Equal(2, _history.Entries.Count);
        Assert.Equal("The hub stops.", Presence("d1").DisconnectReason);
    }

    [Fact]
    public async Task TokenExpiryWatch_TokenEnds_ClosesTheLinkWithinTenSeconds()
    {
        using var watch = new TokenExpiryWatch(_sessions, _time);
        var ending = new TestDeviceLink("d1") { Proof = new("k", _time.GetUtcNow() + TimeSpan.FromSeconds(30), false) };
        var lasting = new TestDeviceLink("d2") { Proof = new("k", _time.GetUtcNow() + TimeSpan.FromHours(1), false) };
        var endless = new TestDeviceLink("d3");
        foreach (var link in new[] { ending, lasting, endless })
            _sessions.Add(link);
        await watch.StartAsync(None);

        for (var second = 0; second < 29; second++)
            await TickAsync(TimeSpan.FromSeconds(1));
        Assert.Null(ending.ClosedFor);
        await Eventually.TrueAsync(() =>
        {
            if (ending.ClosedFor is null && _time.GetUtcNow() < ending.Proof.ExpiresAt + TimeSpan.FromSeconds(10))
                _time.Advance(TimeSpan.FromSeconds(1));
            return ending.ClosedFor is not null;
        });

        Assert.Equal(LinkCloseKind.TokenExpired, ending.ClosedFor!.Kind);
        Assert.Null(lasting.ClosedFor);
        Assert.Null(endless.ClosedFor);
        await watch.StopAsync(None);
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.StopAsync(CancellationToken.None);
        _writer.Dispose();
        await _services.DisposeAsync();
    }

    private async Task AddAsync(string id, DevicePresence? presence = null) => await _devices.TryAddAsync(
        new Device
        {
            Id = DeviceId.Parse(id),
            GenerationId = "g1",
            ETag = "e",
            Status = DeviceStatus.Enabled,
            CreatedTime = _time.GetUtcNow(),
            Credentials = new DeviceCredentials.None(),
            Presence = presence ?? DevicePresence.Never,
        },
        None);

    private async Task<DevicePresence> PresenceAsync(string id) => (await _devices.FindAsync(DeviceId.Parse(id), None))!.Presence;

    private DevicePresence Presence(string id) => PresenceAsync(id).GetAwaiter().GetResult();

    private async Task TickAsync(TimeSpan? step = null)
    {
        _time.Advance(step ?? ConnectionHistoryWriter.BatchInterval);
        await Task.Yield();
    }

    private Task TickUntilAsync(Func<bool> condition) => Eventually.TrueAsync(() =>
    {
        _time.Advance(ConnectionHistoryWriter.BatchInterval);
        return condition();
    });
}
