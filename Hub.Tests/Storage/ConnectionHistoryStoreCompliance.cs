using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>What every <see cref="IConnectionHistoryStore"/> must do.</summary>
public abstract class ConnectionHistoryStoreCompliance : IAsyncLifetime
{
    private protected abstract IConnectionHistoryStore History { get; }

    private protected abstract IDeviceStore Registry { get; }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Closes the store and opens it again.</summary>
    protected abstract Task ReopenAsync();

    [Fact]
    public async Task AppendAsync_MoreThanKept_KeepsTheNewestOfEachDevice()
    {
        await AddAsync("a");
        await AddAsync("b");
        await History.AppendAsync([new(Line("b", 0), "1"), new(Line("gone", 0), "1")], Token);
        await History.AppendAsync([.. Enumerable.Range(0, 150).Select(i => new ConnectionHistoryLine(Line("a", i), "1"))], Token);
        await History.AppendAsync([new(Line("a", 150), null)], Token);

        await ReopenAsync();

        Assert.Equal(Enumerable.Range(51, 100).Reverse().Select(i => Line("a", i)), await ListAsync("a"));
        Assert.Equal([Line("b", 0)], await ListAsync("b"));
        Assert.Empty(await ListAsync("gone"));
    }

    [Fact]
    public async Task AppendAsync_ClockSteppedBack_LosesNothing()
    {
        await AddAsync("a");

        await History.AppendAsync([new(Line("a", 7), "1")], Token);
        await History.AppendAsync([new(Line("a", -3600), "1")], Token);

        Assert.Equal([Line("a", -3600), Line("a", 7)], await ListAsync("a"));
    }

    [Fact]
    public async Task AppendAsync_OfTheDeviceThatHadTheIdBefore_IsPassedOver()
    {
        await AddAsync("a");

        await History.AppendAsync([new(Line("a", 7), "0")], Token);

        Assert.Empty(await ListAsync("a"));
    }

    private ValueTask<IReadOnlyList<ConnectionHistoryEntry>> ListAsync(string id) => History.ListAsync(DeviceId.Parse(id), Token);

    private async Task AddAsync(string id) => Assert.True(await Registry.TryAddAsync(Devices.New(id), Token));

    private static ConnectionHistoryEntry Line(string id, int number) => new()
    {
        DeviceId = DeviceId.Parse(id), Time = Devices.Epoch.AddSeconds(number), Event = ConnectionEvent.Connected, ConnectionId = $"c{number}", Protocol = "MQTT 5",
    };
}
