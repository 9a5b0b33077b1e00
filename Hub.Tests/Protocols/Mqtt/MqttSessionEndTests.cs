using Hub.Server.Messaging;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Protocols.Mqtt;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using MQTTnet.Packets;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>When stored sessions end, over ends of the hub that nobody could foresee.</summary>
public sealed class MqttSessionEndTests : IAsyncLifetime
{
    private const uint Minute = 60;
    private const uint ForEver = uint.MaxValue;

    private static readonly MessageSender Sender = new(DeviceId.Parse("d"), "1", "{}", null);

    private readonly FakeTimeProvider _time = new(Devices.Epoch);
    private ControlStoreFixture _fixture = null!;
    private MqttSessions _sessions = null!;

    public async ValueTask InitializeAsync()
    {
        _fixture = await ControlStoreFixture.CreateAsync(_time);
        Assert.True(await _fixture.Get<IDeviceStore>().TryAddAsync(Devices.New("d"), TestContext.Current.CancellationToken));
        _sessions = new MqttSessions(_fixture.Get<ISessionStore>(), _time);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData(59, true)]
    [InlineData(61, false)]
    public async Task Crash_WhileConnected_TheExpiryRunsFromTheStart(int seconds, bool present)
    {
        await OpenAsync(Minute);

        await CrashAsync();
        _time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal(present, (await OpenAsync(Minute)).WasPresent);
    }

    [Theory]
    [InlineData(59, true)]
    [InlineData(61, false)]
    public async Task Crash_LaterConnectionAskedForAnExpiry_ThatCounts(int seconds, bool present)
    {
        await _sessions.EndAsync(await OpenAsync(ForEver));
        await OpenAsync(Minute);

        await CrashAsync();
        _time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.Equal(present, (await OpenAsync(Minute)).WasPresent);
    }

    [Fact]
    public async Task Crash_SessionAtRest_EndsWhenItWasToEnd()
    {
        await _sessions.EndAsync(await OpenAsync(Minute));
        _time.Advance(TimeSpan.FromSeconds(40));

        await CrashAsync();
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.False((await OpenAsync(Minute)).WasPresent);
    }

    [Fact]
    public async Task Crash_DeviceHadMadeItEndlessAtItsGoodbye_IsEndless()
    {
        var session = await OpenAsync(Minute);
        Assert.True(session.TryChangeExpiry(ForEver));
        await _sessions.EndAsync(session);

        await CrashAsync();
        _time.Advance(TimeSpan.FromDays(1000));

        Assert.True((await OpenAsync(ForEver)).WasPresent);
    }

    [Fact]
    public async Task Crash_SubscribedMeanwhile_TheExpiryIsKept()
    {
        var session = await OpenAsync(Minute);
        session.Subscribe("$iothub/methods/POST/#", 0);
        await _sessions.SaveAsync(session);

        await CrashAsync();
        _time.Advance(TimeSpan.FromSeconds(61));

        Assert.False((await OpenAsync(Minute)).WasPresent);
    }

    private Task<MqttSessionState> OpenAsync(uint expiry) => _sessions.OpenAsync(
        Sender, new MqttConnectPacket { ClientId = "d", CleanSession = false, SessionExpiryInterval = expiry }, version5: true);

    /// <summary>Nothing is told of the end, and a hub starts on the same file.</summary>
    private async Task CrashAsync()
    {
        await _fixture.ReopenAsync();
        _sessions = new MqttSessions(_fixture.Get<ISessionStore>(), _time);
        await _sessions.EndAbandonedAsync(TestContext.Current.CancellationToken);
    }
}
