using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>What every <see cref="ISessionStore"/> must do.</summary>
public abstract class SessionStoreCompliance : IAsyncLifetime
{
    private static readonly DeviceId Id = DeviceId.Parse("d");

    private protected abstract ISessionStore Sessions { get; }

    private protected abstract IDeviceStore Registry { get; }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Closes the store and opens it again.</summary>
    protected abstract Task ReopenAsync();

    [Fact]
    public async Task SaveAsync_Twice_LastOneSurvivesReopenForItsGenerationOnly()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        var session = new StoredSession(new Dictionary<string, int> { ["devices/d/#"] = 1, ["a"] = 0 }, Devices.Epoch, TimeSpan.FromSeconds(uint.MaxValue - 1));
        await Sessions.SaveAsync(Id, "1", new StoredSession(new Dictionary<string, int>(), null, null), Token);
        await Sessions.SaveAsync(Id, "1", session, Token);

        await ReopenAsync();

        var found = await Sessions.FindAsync(Id, "1", Token);
        Assert.Equal(session.Subscriptions.OrderBy(s => s.Key), found!.Subscriptions.OrderBy(s => s.Key));
        Assert.Equal((session.ExpiresAt, session.Expiry), (found.ExpiresAt, found.Expiry));
        Assert.Null(await Sessions.FindAsync(Id, "0", Token));
    }

    [Fact]
    public async Task SaveAsync_DeviceGoneOrOfAnotherGeneration_IsPassedOver()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        var session = new StoredSession(new Dictionary<string, int>(), null, null);

        await Sessions.SaveAsync(Id, "0", session, Token);
        await Sessions.SaveAsync(DeviceId.Parse("gone"), "1", session, Token);

        Assert.Null(await Sessions.FindAsync(Id, "0", Token));
        Assert.Null(await Sessions.FindAsync(Id, "1", Token));
        Assert.Null(await Sessions.FindAsync(DeviceId.Parse("gone"), "1", Token));
    }

    [Fact]
    public async Task RemoveAsync_Twice_ForgetsAndDoesNothing()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        await Sessions.SaveAsync(Id, "1", new StoredSession(new Dictionary<string, int>(), null, null), Token);

        await Sessions.RemoveAsync(Id, Token);
        await Sessions.RemoveAsync(Id, Token);

        Assert.Null(await Sessions.FindAsync(Id, "1", Token));
    }
}
