using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>The figures come off counts that are kept beside the messages: whatever happens to these, both say the same.</summary>
public sealed class SqliteDeviceBoundFiguresTests : IAsyncLifetime
{
    private static readonly DeviceBoundRules Rules = new(new CloudToDeviceOptions { MaxDeliveryCount = 2 });
    private static readonly string[] Names = ["a", "b", "c"];
    private static readonly string?[] Words = ["bad json", "too hot", null];

    private ControlStoreFixture _fixture = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IDeviceBoundStore Store => _fixture.Get<IDeviceBoundStore>();

    public async ValueTask InitializeAsync()
    {
        _fixture = await ControlStoreFixture.CreateAsync();
        foreach (var name in Names)
            await _fixture.Get<IDeviceStore>().TryAddAsync(Devices.New(name), Token);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Figures_AfterAnything_AreThoseThatCountingGives(int seed)
    {
        var random = new Random(seed);
        var now = DeviceBound.Now;
        for (var i = 0; i < 400; i++)
        {
            now = now.AddMinutes(random.Next(20));
            await ActAsync(random, now);
        }

        var (kept, counted) = (_fixture.Get<IDeviceBoundFigures>(), new InMemoryDeviceBoundFigures(Store));
        var (one, other) = (await kept.ReadAsync(now, Token), await counted.ReadAsync(now, Token));
        Assert.Equal(other.MaxDepth, one.MaxDepth);
        Assert.Equal(other.Overview with { DeadLetteredInDay = one.Overview.DeadLetteredInDay, CompletedInDay = one.Overview.CompletedInDay }, one.Overview);
        Assert.True(one.Overview.DeadLetters > 0 && one.Overview.DeadLetteredInDay.Count > 0);
        foreach (var by in Enum.GetValues<DeadLetterGrouping>())
        {
            foreach (var query in new[] { new DeadLetterGroupQuery(by, null, null, 100), new DeadLetterGroupQuery(by, DeviceId.Parse("a"), DeadLetterReason.Rejected, 100) })
            {
                var (groups, expected) = (await kept.GroupAsync(query, now, Token), await counted.GroupAsync(query, now, Token));
                Assert.Equal((expected.Groups, expected.Total), (groups.Groups, groups.Total));
                Assert.Equal(Sorted(expected), Sorted(groups));
                Assert.True(groups.Items.Zip(groups.Items.Skip(1)).All(pair => pair.First.Count >= pair.Second.Count));
            }
        }

        foreach (var (device, reason, words) in new[] { ((DeviceId?)null, (DeadLetterReason?)null, (string?)null), (DeviceId.Parse("a"), null, null), (null, DeadLetterReason.Rejected, "bad json"), (null, DeadLetterReason.Rejected, "") })
        {
            var (count, expected) = (await kept.CountDeadAsync(device, reason, words, Token), await counted.CountDeadAsync(device, reason, words, Token));
            Assert.Equal((expected.Count, expected.Devices), (count.Count, count.Devices));
            Assert.Equal(expected.FirstDevices, count.FirstDevices);
        }
    }

    [Fact]
    public async Task OutcomesInDay_MessagesAreDropped_StayCounted()
    {
        for (var i = 0; i < 3; i++)
        {
            await Store.EnqueueAsync(DeviceBound.New("a"), 50, Token);
            await SettleAsync("a", SettlementKind.Complete, null, DeviceBound.Now.AddHours(-i * 20));
        }

        await Store.DropEndedAsync(DeviceBoundState.Completed, DeviceBound.Now.AddDays(1), 10, Token);

        var figures = (await _fixture.Get<IDeviceBoundFigures>().ReadAsync(DeviceBound.Now, Token)).Overview;
        Assert.Equal((2, 0, null), (figures.CompletedInDay, figures.Enqueued, figures.Oldest));
    }

    private async Task ActAsync(Random random, DateTimeOffset now)
    {
        var name = Names[random.Next(Names.Length)];
        switch (random.Next(9))
        {
            case < 4:
                await Store.EnqueueAsync(DeviceBound.New(name) with { EnqueuedTime = now, ExpiresAt = now.AddHours(3) }, 50, Token);
                break;
            case 4:
                await SettleAsync(name, random.Next(3) switch { 0 => SettlementKind.Complete, 1 => SettlementKind.Abandon, _ => SettlementKind.Reject }, Words[random.Next(Words.Length)], now);
                break;
            case 5:
                await Store.ChangeAsync(await Store.FindExpiredAsync(now, 10, Token), entry => DeviceBoundRules.Expire(entry, now), Token);
                break;
            case 6:
                await SettleAsync(name, SettlementKind.Reject, Words[random.Next(Words.Length)], now);
                break;
            case 7 when await DeadAsync(random) is { } dead:
                await Store.ResubmitAsync(dead, origin => DeviceBound.New(origin.Entry.DeviceId.Value, "again", origin.Entry.MessageId) with { Origin = origin.Entry, EnqueuedTime = now }, 50, Token);
                break;
            case 8 when await DeadAsync(random) is { } dead && random.Next(3) == 0:
                await Store.DeleteDeadAsync([dead], Token);
                break;
        }
    }

    private async Task<long?> DeadAsync(Random random)
    {
        var dead = (await Store.ListDeadAsync(new DeadLetterQuery(), Token)).Items;
        return dead.Count == 0 ? null : dead[random.Next(dead.Count)].Entry.Id;
    }

    private async Task SettleAsync(string device, SettlementKind kind, string? description, DateTimeOffset now)
    {
        var taken = await Store.LeaseAsync(DeviceId.Parse(device), "1", 1, DeviceBound.Now, entry => Rules.Lease(entry, DeviceBound.Lock("c"), now, "there"), Token);
        foreach (var message in taken)
        {
            var settlement = DeviceBound.Settlement(kind, message.Entry.Lock!.Token) with { Description = description };
            await Store.ChangeAsync([message.Entry.Id], entry => Rules.Settle(entry, settlement, now), Token);
        }
    }

    private static List<string> Sorted(DeadLetterGroups groups) =>
        [.. groups.Items.Select(group => $"{group with { Trend = [] }} {string.Join(' ', group.Trend)}".Replace("System.Int64[]", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
