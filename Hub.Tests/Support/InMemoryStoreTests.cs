using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Tests.Storage;

namespace Hub.Tests.Support;

/// <summary>The doubles keep the promises of their ports, or tests over them would prove nothing.</summary>
public sealed class InMemoryPolicyStoreTests : SharedAccessPolicyStoreCompliance
{
    private readonly InMemoryPolicyStore _policies = new();

    private protected override ISharedAccessPolicyStore Policies => _policies;

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task ReopenAsync() => Task.CompletedTask;
}

public sealed class InMemoryAuditLogTests : AuditLogCompliance
{
    private readonly InMemoryAuditLog _audit = new();

    private protected override IAuditLog Audit => _audit;

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class InMemoryDeviceBoundStoreTests : DeviceBoundStoreCompliance
{
    private readonly InMemoryDeviceStore _devices = new();
    private readonly InMemoryDeviceBoundStore _store;

    public InMemoryDeviceBoundStoreTests() => _store = new InMemoryDeviceBoundStore(_devices);

    private protected override IDeviceBoundStore Store => _store;

    private protected override IDeviceStore Registry => _devices;

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task ReopenAsync() => Task.CompletedTask;
}

public sealed class InMemoryFeedbackStoreTests : FeedbackStoreCompliance
{
    private readonly InMemoryDeviceStore _devices = new();
    private readonly InMemoryDeviceBoundStore _messages;
    private readonly InMemoryFeedbackStore _feedback;

    public InMemoryFeedbackStoreTests()
    {
        _messages = new InMemoryDeviceBoundStore(_devices);
        _feedback = new InMemoryFeedbackStore(_messages);
    }

    private protected override IFeedbackStore Feedback => _feedback;

    private protected override IDeviceBoundStore Messages => _messages;

    private protected override IDeviceStore Registry => _devices;

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task ReopenAsync() => Task.CompletedTask;
}
