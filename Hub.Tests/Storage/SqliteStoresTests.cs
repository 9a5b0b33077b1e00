using Hub.Server.Registry;
using Hub.Server.Security.Operators;
using Hub.Server.Storage;
using Hub.Server.Storage.Sqlite;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Storage;

public sealed class SqliteStoresTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private ControlStoreFixture _fixture = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _fixture = await ControlStoreFixture.CreateAsync(_time);

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Model_Migrations_HaveNoPendingChanges()
    {
        await using var db = await _fixture.Get<IDbContextFactory<HubDbContext>>().CreateDbContextAsync(Token);

        Assert.False(db.Database.HasPendingModelChanges());
        Assert.Empty(await db.Database.GetPendingMigrationsAsync(Token));
    }

    [Fact]
    public async Task Connections_AnyKind_AreDurable()
    {
        await using var db = await _fixture.Get<IDbContextFactory<HubDbContext>>().CreateDbContextAsync(Token);
        await db.Database.OpenConnectionAsync(Token);
        Assert.Equal(2, Pragma((SqliteConnection)db.Database.GetDbConnection(), "synchronous"));
        var database = _fixture.Get<ControlDatabase>();
        await using var writer = database.OpenWriter();
        Assert.Equal(2, Pragma(writer, "synchronous"));
        Assert.Equal(1, Pragma(writer, "foreign_keys"));
        Assert.Equal(5000, Pragma(writer, "busy_timeout"));
        Assert.Equal(ControlDatabase.ApplicationId, Pragma(writer, "application_id"));
        Assert.Throws<StorageUnusableException>(() => SqliteFloor.Check(new Version(3, 51, 2)));
    }

    [Fact]
    public async Task PrepareAsync_NewerOrForeignFile_RefusesWithASentence()
    {
        var factory = _fixture.Get<IDbContextFactory<HubDbContext>>();
        _fixture.Execute("PRAGMA user_version = 9999");
        var newer = await Assert.ThrowsAsync<StorageUnusableException>(() => _fixture.Get<ControlDatabase>().PrepareAsync(factory, Token));
        Assert.Contains("newer", newer.Message, StringComparison.Ordinal);

        _fixture.Execute("PRAGMA user_version = 0; PRAGMA application_id = 1; DROP TABLE __EFMigrationsHistory");
        var foreign = await Assert.ThrowsAsync<StorageUnusableException>(() => _fixture.Get<ControlDatabase>().PrepareAsync(factory, Token));
        Assert.Contains("another program", foreign.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckReadableAsync_OtherSchema_RefusesWithASentence()
    {
        var factory = _fixture.Get<IDbContextFactory<HubDbContext>>();
        var database = _fixture.Get<ControlDatabase>();
        await database.CheckReadableAsync(factory, Token);

        _fixture.Execute("INSERT INTO __EFMigrationsHistory VALUES ('29990101000000_Later', '99')");
        var newer = await Assert.ThrowsAsync<StorageUnusableException>(() => database.CheckReadableAsync(factory, Token));
        Assert.Contains("newer", newer.Message, StringComparison.Ordinal);

        _fixture.Execute("DELETE FROM __EFMigrationsHistory");
        var older = await Assert.ThrowsAsync<StorageUnusableException>(() => database.CheckReadableAsync(factory, Token));
        Assert.Contains("older", older.Message, StringComparison.Ordinal);

        File.Delete(_fixture.Data.ControlPath);
        var gone = await Assert.ThrowsAsync<StorageUnusableException>(() => database.CheckReadableAsync(factory, Token));
        Assert.Contains("cannot be read", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writer_Idle_CutsTheLogBesideTheFile()
    {
        var log = _fixture.Data.ControlPath + "-wal";
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => _fixture.Get<IDeviceStore>().TryAddAsync(Devices.New($"d{i}"), Token).AsTask()));
        Assert.True(new FileInfo(log).Length > 0);

        await Eventually.TrueAsync(() =>
        {
            // Again and again, since the writer may not yet have begun to wait.
            _time.Advance(ControlWriter.IdleAfter);
            return new FileInfo(log).Length == 0;
        });

        Assert.Equal(50, (await _fixture.Get<IDeviceStore>().CountAsync(Token)).Total);
        Assert.True(await _fixture.Get<IDeviceStore>().TryAddAsync(Devices.New("after"), Token));
    }

    [Fact]
    public async Task Operators_SavedBesideTheWriter_NeverMeetALock()
    {
        var devices = Enumerable.Range(0, 200).Select(i => _fixture.Get<IDeviceStore>().TryAddAsync(Devices.New($"d{i}"), Token).AsTask()).ToList();
        var operators = Enumerable.Range(0, 20).Select(async i =>
        {
            await using var scope = _fixture.Services.CreateAsyncScope();
            var store = scope.ServiceProvider.GetRequiredService<IUserStore<Operator>>();
            return await store.CreateAsync(new Operator { UserName = $"o{i}", NormalizedUserName = $"O{i}" }, Token);
        }).ToList();

        Assert.All(await Task.WhenAll(devices), Assert.True);
        Assert.All(await Task.WhenAll(operators), result => Assert.True(result.Succeeded));
        await using var last = _fixture.Services.CreateAsyncScope();
        Assert.Equal("o7", (await last.ServiceProvider.GetRequiredService<IUserStore<Operator>>().FindByNameAsync("O7", Token))!.UserName);
    }

    private static long Pragma(SqliteConnection connection, string name)
    {
        using var command = connection.Command($"PRAGMA {name}");
        return (long)command.ExecuteScalar()!;
    }
}
