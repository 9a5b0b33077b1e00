using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>A device that is refused again and again keeps the history of its connections.</summary>
public sealed class RefusalsInHistoryTests : IAsyncLifetime
{
    private const int Kept = 20;

    private ControlStoreFixture _fixture = null!;

    private IConnectionHistoryStore History => _fixture.Get<IConnectionHistoryStore>();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _fixture = await ControlStoreFixture.CreateAsync();
        foreach (var id in (string[])["a", "b"])
            Assert.True(await _fixture.Get<IDeviceStore>().TryAddAsync(Devices.New(id), None));
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(500)]
    public async Task AppendAsync_HundredsOfRefusals_LeaveTheOtherLines(int batch)
    {
        ConnectionHistoryEntry[] connections = [.. Enumerable.Range(0, 60).Select(i => Line("a", i, ConnectionEvent.Connected))];
        ConnectionHistoryEntry[] refusals = [.. Enumerable.Range(100, 440).Select(i => Line("a", i, ConnectionEvent.Refused))];

        foreach (var lines in connections.Concat(refusals).Append(Line("b", 0, ConnectionEvent.Refused)).Chunk(batch))
            await History.AppendAsync([.. lines.Select(line => new ConnectionHistoryLine(line, null))], None);

        Assert.Equal(refusals[^Kept..].Reverse().Concat(connections.Reverse()), await ListAsync("a"));
        Assert.Single(await ListAsync("b"));
    }

    [Fact]
    public async Task AppendAsync_RefusalsBetweenManyConnections_AreBoundToo()
    {
        var lines = Enumerable.Range(0, 300).Select(i => Line("a", i, i % 2 == 0 ? ConnectionEvent.Connected : ConnectionEvent.Refused)).ToArray();

        await History.AppendAsync([.. lines.Select(line => new ConnectionHistoryLine(line, null))], None);

        var kept = await ListAsync("a");
        Assert.Equal((100, Kept), (kept.Count, kept.Count(line => line.Event == ConnectionEvent.Refused)));
        Assert.Equal(lines[^1], kept[0]);
    }

    private ValueTask<IReadOnlyList<ConnectionHistoryEntry>> ListAsync(string id) => History.ListAsync(DeviceId.Parse(id), None);

    private static ConnectionHistoryEntry Line(string id, int number, ConnectionEvent what) => new()
    {
        DeviceId = DeviceId.Parse(id), Time = Devices.Epoch.AddSeconds(number), Event = what, ConnectionId = $"c{number}", Protocol = "HTTP", Reason = "Why.",
    };
}
