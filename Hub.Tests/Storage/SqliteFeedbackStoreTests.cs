using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Tests.Support;

namespace Hub.Tests.Storage;

public sealed class SqliteFeedbackStoreTests : FeedbackStoreCompliance
{
    private ControlStoreFixture _fixture = null!;

    private protected override IFeedbackStore Feedback => _fixture.Get<IFeedbackStore>();

    private protected override IDeviceBoundStore Messages => _fixture.Get<IDeviceBoundStore>();

    private protected override IDeviceStore Registry => _fixture.Get<IDeviceStore>();

    public override async ValueTask InitializeAsync() => _fixture = await ControlStoreFixture.CreateAsync();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    protected override Task ReopenAsync() => _fixture.ReopenAsync();
}
