using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Server.Storage;
using Hub.Server.Storage.Sqlite;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>A control database of the first schema becomes one of this, with what it holds.</summary>
public sealed class SessionExpiryMigrationTests
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PrepareAsync_DatabaseOfTheFirstSchema_KeepsItsSessionsAndTakesExpiries()
    {
        await using var fixture = await ControlStoreFixture.CreateAsync();
        var contexts = fixture.Get<IDbContextFactory<HubDbContext>>();
        Assert.True(await fixture.Get<IDeviceStore>().TryAddAsync(Devices.New("d"), None));
        await using (var db = await contexts.CreateDbContextAsync(None))
            await db.GetService<IMigrator>().MigrateAsync("Initial", None);
        fixture.Execute(
            $"PRAGMA user_version = 1; INSERT INTO Sessions (DeviceNumber, Subscriptions, ExpiresAt) SELECT Number, '{{\"a\":1}}', {Devices.Epoch.UtcTicks} FROM Devices");

        await fixture.Get<ControlDatabase>().PrepareAsync(contexts, None);

        await fixture.ReopenAsync();
        var sessions = fixture.Get<ISessionStore>();
        var kept = await sessions.FindAsync(DeviceId.Parse("d"), "1", None);
        Assert.Equal((1, Devices.Epoch, null), (kept!.Subscriptions["a"], kept.ExpiresAt!.Value, kept.Expiry));
        await sessions.SaveAsync(DeviceId.Parse("d"), "1", kept with { ExpiresAt = null, Expiry = TimeSpan.FromSeconds(60) }, None);
        await sessions.EndAbandonedAsync(Devices.Epoch, None);
        Assert.Equal(Devices.Epoch.AddSeconds(60), (await sessions.FindAsync(DeviceId.Parse("d"), "1", None))!.ExpiresAt);
    }
}
