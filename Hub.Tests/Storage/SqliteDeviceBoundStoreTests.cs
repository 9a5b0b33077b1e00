using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

public sealed class SqliteDeviceBoundStoreTests : DeviceBoundStoreCompliance
{
    private ControlStoreFixture _fixture = null!;

    private protected override IDeviceBoundStore Store => _fixture.Get<IDeviceBoundStore>();

    private protected override IDeviceStore Registry => _fixture.Get<IDeviceStore>();

    public override async ValueTask InitializeAsync() => _fixture = await ControlStoreFixture.CreateAsync();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task TryRemoveAsync_DeviceWithAQueue_DeadLettersItAndItsNamesakeBeginsEmpty()
    {
        var device = Devices.New("d");
        await Registry.TryAddAsync(device, Token);
        var old = Assert.IsType<EnqueueResult.Enqueued>(await Store.EnqueueAsync(DeviceBound.New("d", "old", "m"), 50, Token)).Message.Entry;
        List<DeviceBoundTransition> told = [];
        Store.Committed += changes => told.AddRange(changes);

        Assert.True(await Registry.TryRemoveAsync(device.Id, device.ETag, Token));
        await Registry.TryAddAsync(device with { GenerationId = "2" }, Token);

        var found = await Store.FindAsync(old.Id, Token);
        Assert.Equal(
            (DeviceBoundState.DeadLettered, DeviceBoundOutcome.Purged, "The device was deleted."), (found!.Entry.State, found.Entry.Outcome, found.Entry.Description));
        Assert.Equal(old.Id, Assert.Single(told).After.Id);
        Assert.Empty(await Store.ListQueueAsync(device.Id, 10, Token));
        var next = Assert.IsType<EnqueueResult.Enqueued>(await Store.EnqueueAsync(DeviceBound.New("d", "new", "m"), 50, Token)).Message.Entry;
        Assert.Equal((1, "2"), (next.SequenceNumber, next.GenerationId));
        Assert.Equal("new", Assert.Single(await Store.LeaseAsync(
            device.Id, "2", 10, DeviceBound.Now, entry => new(entry, [new(DeviceBound.Now, DeviceBoundEvent.Leased, "hub", null)]), Token)).TextOf());
    }

    [Fact]
    public async Task ListAsync_CursorOfAnotherQuestion_Throws()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        for (var i = 0; i < 2; i++)
            await Store.EnqueueAsync(DeviceBound.New("d"), 50, Token);
        var cursor = (await Store.ListAsync(new DeviceBoundQuery { Limit = 1 }, Token)).NextCursor;

        await Assert.ThrowsAsync<FormatException>(async () => await Store.ListAsync(new DeviceBoundQuery { State = DeviceBoundState.Enqueued, Cursor = cursor }, Token));
    }

    protected override Task ReopenAsync() => _fixture.ReopenAsync();
}
