using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Security.Operators;
using Hub.Server.Storage;
using Hub.Server.Storage.Sqlite;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Storage;

public sealed class SqliteStoresTests : IAsyncLifetime
{
    private ControlStoreFixture _fixture = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _fixture = await ControlStoreFixture.CreateAsync();

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
        Assert.Throws<StorageUnusableException>(() => ControlDatabase.CheckSqliteVersion(new Version(3, 51, 2)));
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
    public async Task Sessions_SavedTwice_LastOneSurvivesReopenForItsGenerationOnly()
    {
        await AddAsync("d");
        var id = DeviceId.Parse("d");
        var session = new StoredSession(new Dictionary<string, int> { ["devices/d/#"] = 1, ["a"] = 0 }, Devices.Epoch);
        await Sessions.SaveAsync(id, "1", new StoredSession(new Dictionary<string, int>(), null), Token);
        await Sessions.SaveAsync(id, "1", session, Token);
        await Sessions.SaveAsync(id, "0", new StoredSession(new Dictionary<string, int>(), null), Token);
        await Sessions.SaveAsync(DeviceId.Parse("gone"), "1", session, Token);

        await ReopenAsync();

        var found = await Sessions.FindAsync(id, "1", Token);
        Assert.Equal(session.Subscriptions.OrderBy(s => s.Key), found!.Subscriptions.OrderBy(s => s.Key));
        Assert.Equal(Devices.Epoch, found.ExpiresAt);
        Assert.Null(await Sessions.FindAsync(id, "0", Token));
        await Sessions.RemoveAsync(id, Token);
        await Sessions.RemoveAsync(id, Token);
        Assert.Null(await Sessions.FindAsync(id, "1", Token));
    }

    [Fact]
    public async Task History_MoreThanKept_KeepsTheNewestOfEachDevice()
    {
        await AddAsync("a");
        await AddAsync("b");
        await History.AppendAsync([Line("b", 0), Line("gone", 0), Line("b", -1)], Token);
        await History.AppendAsync([.. Enumerable.Range(0, 150).Select(i => Line("a", i))], Token);
        await History.AppendAsync([Line("a", 150)], Token);

        await ReopenAsync();

        var lines = await History.ListAsync(DeviceId.Parse("a"), Token);
        Assert.Equal(Enumerable.Range(51, 100).Reverse().Select(i => Line("a", i)), lines);
        Assert.Equal([Line("b", 0)], await History.ListAsync(DeviceId.Parse("b"), Token));
        Assert.Empty(await History.ListAsync(DeviceId.Parse("gone"), Token));
    }

    [Fact]
    public async Task Policies_AddMissing_KeepsThoseThatAreThereWhateverTheCase()
    {
        var policies = _fixture.Get<ISharedAccessPolicyStore>();
        var service = Policy("service", AccessRights.ServiceConnect);
        await policies.AddMissingAsync([service], Token);
        await policies.AddMissingAsync([Policy("Service", AccessRights.None), Policy("device", AccessRights.DeviceConnect)], Token);

        await ReopenAsync();

        var all = await _fixture.Get<ISharedAccessPolicyStore>().ListAsync(Token);
        Assert.Equal(["device", "service"], all.Select(p => p.Name));
        Assert.Equal(service, all[1]);
    }

    [Fact]
    public async Task Audit_PageByPage_NewestFirst()
    {
        var audit = _fixture.Get<IAuditLog>();
        await Task.WhenAll(Enumerable.Range(1, 5).Select(i => audit.AppendAsync(Record($"a{i}"), Token).AsTask()));

        var first = await audit.ListAsync(3, null, Token);
        var second = await audit.ListAsync(3, first.NextCursor, Token);

        Assert.Equal([5L, 4, 3], first.Items.Select(e => e.Id));
        Assert.Equal([2L, 1], second.Items.Select(e => e.Id));
        Assert.Null(second.NextCursor);
        await Assert.ThrowsAsync<FormatException>(async () => await audit.ListAsync(3, first.NextCursor + "A", Token));
        Assert.Null(await _fixture.Get<SqliteAuditLog>().FindBrokenAsync(Token));
    }

    [Theory]
    [InlineData("UPDATE AuditLog SET Detail = 'other' WHERE Id = 2", 2)]
    [InlineData("DELETE FROM AuditLog WHERE Id = 2", 2)]
    [InlineData("UPDATE AuditLog SET Succeeded = 0 WHERE Id = 1", 1)]
    public async Task Audit_ChangedPastTheHub_IsRefusedAndFound(string change, long broken)
    {
        var audit = _fixture.Get<SqliteAuditLog>();
        for (var i = 0; i < 3; i++)
            await audit.AppendAsync(Record("x"), Token);

        Assert.Throws<SqliteException>(() => _fixture.Execute(change));
        Assert.Null(await audit.FindBrokenAsync(Token));

        _fixture.Execute("DROP TRIGGER AuditLog_NoUpdate; DROP TRIGGER AuditLog_NoDelete");
        _fixture.Execute(change);
        Assert.Equal(broken, await audit.FindBrokenAsync(Token));
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

    private ISessionStore Sessions => _fixture.Get<ISessionStore>();

    private IConnectionHistoryStore History => _fixture.Get<IConnectionHistoryStore>();

    private async Task ReopenAsync()
    {
        await _fixture.CloseAsync();
        await _fixture.OpenAsync();
    }

    private async Task AddAsync(string id) => Assert.True(await _fixture.Get<IDeviceStore>().TryAddAsync(Devices.New(id), Token));

    private static AuditRecord Record(string target) => new(Devices.Epoch, "ann", "127.0.0.1", "device.create", target, true, null);

    private static SharedAccessPolicy Policy(string name, AccessRights rights) => new(name, rights, SymmetricKey.Generate(), SymmetricKey.Generate());

    private static ConnectionHistoryEntry Line(string id, int number) => new()
    {
        DeviceId = DeviceId.Parse(id), Time = Devices.Epoch.AddSeconds(number), Event = ConnectionEvent.Connected, ConnectionId = $"c{number}", Protocol = "MQTT 5",
    };

    private static long Pragma(SqliteConnection connection, string name)
    {
        using var command = connection.Command($"PRAGMA {name}");
        return (long)command.ExecuteScalar()!;
    }
}
