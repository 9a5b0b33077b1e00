using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Server.Registry;
using Hub.Tests.Support;

namespace Hub.Tests.Storage;

public sealed class SqliteBatchStoreTests : BatchStoreCompliance
{
    private ControlStoreFixture _fixture = null!;

    private protected override IBatchStore Batches => _fixture.Get<IBatchStore>();

    private protected override IDeviceBoundStore Messages => _fixture.Get<IDeviceBoundStore>();

    private protected override IDeviceStore Registry => _fixture.Get<IDeviceStore>();

    public override async ValueTask InitializeAsync()
    {
        _fixture = await ControlStoreFixture.CreateAsync();
        await base.InitializeAsync();
    }

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    protected override Task ReopenAsync() => _fixture.ReopenAsync();
}
