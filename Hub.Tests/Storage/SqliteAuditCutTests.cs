using Hub.Server.Security;
using Hub.Tests.Support;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>The oldest entries go in the end; what stays must be as hard to change as before.</summary>
public sealed class SqliteAuditCutTests : IAsyncLifetime
{
    private ControlStoreFixture _fixture = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IAuditLog Audit => _fixture.Get<IAuditLog>();

    public async ValueTask InitializeAsync() => _fixture = await ControlStoreFixture.CreateAsync();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task DropAsync_ByAge_DropsTheOldestAndTheChainHoldsFromThereOn()
    {
        await AppendAsync(10);

        Assert.Equal(4, await Audit.DropAsync(Day(5), 1_000, Token));

        Assert.Equal("10 9 8 7 6 5", await IdsAsync());
        Assert.Null(await Audit.FindBrokenAsync(3, Token));
        Assert.Null(await Audit.FindBrokenAsync(1_000, Token));
        Assert.Equal(0, await Audit.DropAsync(Day(5), 1_000, Token));
        await _fixture.ReopenAsync();
        await AppendAsync(1, from: 11);
        Assert.StartsWith("11 10", await IdsAsync(), StringComparison.Ordinal);
        Assert.Null(await Audit.FindBrokenAsync(1_000, Token));
    }

    [Fact]
    public async Task DropAsync_ByCount_KeepsTheNewest()
    {
        await AppendAsync(10);

        Assert.Equal(7, await Audit.DropAsync(DateTimeOffset.MinValue, 3, Token));

        Assert.Equal("10 9 8", await IdsAsync());
        Assert.Null(await Audit.FindBrokenAsync(1_000, Token));
    }

    [Fact]
    public async Task DropAsync_AllIsOld_KeepsTheNewestSoThatTheNextFollowsIt()
    {
        Assert.Equal(0, await Audit.DropAsync(Day(100), 1_000, Token));
        await AppendAsync(3);

        Assert.Equal(2, await Audit.DropAsync(Day(100), 1_000, Token));

        Assert.Equal("3", await IdsAsync());
        await AppendAsync(1, from: 4);
        Assert.Null(await Audit.FindBrokenAsync(1_000, Token));
    }

    [Fact]
    public async Task DropAsync_ClockWasSetBack_DropsNothingYoungerThanAsked()
    {
        await AppendAsync(3, from: 10);
        await AppendAsync(3, from: 1);

        Assert.Equal(0, await Audit.DropAsync(Day(5), 1_000, Token));
    }

    [Fact]
    public async Task DropAsync_MoreThanOneTransactionMayTake_DropsAll()
    {
        await Task.WhenAll(Enumerable.Range(1, 1_200).Select(_ => Audit.AppendAsync(Record(1), Token).AsTask()));

        Assert.Equal(1_199, await Audit.DropAsync(Day(2), 1_000_000, Token));
    }

    [Theory]
    [InlineData("UPDATE AuditLog SET Detail = 'other' WHERE Id = 5", 5)]
    [InlineData("DELETE FROM AuditLog WHERE Id = 5", 5)]
    [InlineData("DELETE FROM AuditLog", 5)]
    [InlineData("UPDATE AuditLog SET Detail = 'other' WHERE Id = 7", 7)]
    public async Task FindBrokenAsync_ChangedAfterACut_IsRefusedAndFound(string change, long broken)
    {
        await AppendAsync(8);
        await Audit.DropAsync(Day(5), 1_000, Token);

        Assert.Throws<SqliteException>(() => _fixture.Execute(change));
        Assert.Null(await Audit.FindBrokenAsync(1_000, Token));

        _fixture.Execute("DROP TRIGGER AuditLog_NoUpdate; DROP TRIGGER AuditLog_NoDelete");
        _fixture.Execute(change);
        Assert.Equal(broken, await Audit.FindBrokenAsync(1_000, Token));
    }

    private async Task AppendAsync(int count, int from = 1)
    {
        for (var day = from; day < from + count; day++)
            await Audit.AppendAsync(Record(day), Token);
    }

    private async Task<string> IdsAsync() => string.Join(' ', (await Audit.ListAsync(100, null, Token)).Items.Select(entry => entry.Id));

    private static AuditRecord Record(int day) => new(Day(day), "ann", "127.0.0.1", "device.create", "x", true, null);

    private static DateTimeOffset Day(int day) => Devices.Epoch.AddDays(day);
}
