using System.Text;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Server.Storage.Sqlite;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

public sealed class SqliteDeviceStoreTests : DeviceStoreCompliance
{
    private ControlStoreFixture _fixture = null!;

    private protected override IDeviceStore Store => _fixture.Get<IDeviceStore>();

    private protected override ISessionStore Sessions => _fixture.Get<ISessionStore>();

    private protected override IConnectionHistoryStore History => _fixture.Get<IConnectionHistoryStore>();

    public override async ValueTask InitializeAsync() => _fixture = await ControlStoreFixture.CreateAsync();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    protected override Task ReopenAsync() => _fixture.ReopenAsync();

    [Fact]
    public async Task TryAddAsync_Keys_AreNowhereInTheFiles()
    {
        var device = Devices.New("needle");
        var keys = (DeviceCredentials.SymmetricKeys)device.Credentials;
        await AddAsync(device);

        var seen = false;
        foreach (var file in Directory.EnumerateFiles(_fixture.Data.Path, "control.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes, Token);
            seen |= bytes.AsSpan().IndexOf("needle"u8) >= 0;
            foreach (var key in (SymmetricKey[])[keys.Primary, keys.Secondary])
            {
                Assert.Equal(-1, bytes.AsSpan().IndexOf(key.Bytes));
                Assert.Equal(-1, bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(key.ToBase64())));
            }
        }

        Assert.True(seen, "The search found not even the device's id: it looks in the wrong place.");
    }

    [Fact]
    public async Task FindAsync_KeyMovedToAnotherRow_Throws()
    {
        await AddAsync(Devices.New("a"), Devices.New("b"));
        _fixture.Execute("UPDATE Devices SET PrimaryKey = (SELECT PrimaryKey FROM Devices WHERE Id = 'a') WHERE Id = 'b'");

        await Assert.ThrowsAnyAsync<System.Security.Cryptography.CryptographicException>(async () => await Store.FindAsync(Shared.Devices.DeviceId.Parse("b"), Token));
    }

    [Fact]
    public async Task WriteAsync_OneOfManyFails_OthersAreStored()
    {
        var writer = _fixture.Get<ControlWriter>();
        var good = Enumerable.Range(0, 50).Select(i => Store.TryAddAsync(Devices.New($"g{i}"), Token).AsTask()).ToList();
        var bad = writer.WriteAsync<int>(
            connection =>
            {
                connection.Execute("DELETE FROM Devices");
                throw new InvalidOperationException("mine");
            },
            Token).AsTask();
        good.AddRange(Enumerable.Range(50, 50).Select(i => Store.TryAddAsync(Devices.New($"g{i}"), Token).AsTask()));

        Assert.All(await Task.WhenAll(good), Assert.True);
        Assert.Equal("mine", (await Assert.ThrowsAsync<InvalidOperationException>(() => bad)).Message);
        Assert.Equal(100, (await Store.CountAsync(Token)).Total);
    }

    [Fact]
    public async Task WriteAsync_WholeTransactionLost_EachIsTriedByItself()
    {
        var writer = _fixture.Get<ControlWriter>();
        // As SQLITE_FULL does: the transaction is gone under the savepoints of all.
        var bad = writer.WriteAsync(connection => connection.Execute("ROLLBACK"), Token).AsTask();
        var good = Enumerable.Range(0, 50).Select(i => Store.TryAddAsync(Devices.New($"g{i}"), Token).AsTask()).ToList();

        await Assert.ThrowsAnyAsync<Exception>(() => bad);
        Assert.All(await Task.WhenAll(good), Assert.True);
        Assert.Equal(50, (await Store.CountAsync(Token)).Total);
    }
}
