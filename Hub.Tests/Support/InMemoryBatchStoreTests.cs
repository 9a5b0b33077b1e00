using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Server.Registry;
using Hub.Tests.Storage;

namespace Hub.Tests.Support;

public sealed class InMemoryBatchStoreTests : BatchStoreCompliance
{
    private readonly InMemoryDeviceStore _devices = new();
    private readonly InMemoryDeviceBoundStore _messages;
    private readonly InMemoryBatchStore _batches;

    public InMemoryBatchStoreTests()
    {
        _messages = new InMemoryDeviceBoundStore(_devices);
        _batches = new InMemoryBatchStore(_messages);
    }

    private protected override IBatchStore Batches => _batches;

    private protected override IDeviceBoundStore Messages => _messages;

    private protected override IDeviceStore Registry => _devices;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task ReopenAsync() => Task.CompletedTask;
}
