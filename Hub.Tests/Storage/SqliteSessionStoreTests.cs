using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Tests.Support;

namespace Hub.Tests.Storage;

public sealed class SqliteSessionStoreTests : SessionStoreCompliance
{
    private ControlStoreFixture _fixture = null!;

    private protected override ISessionStore Sessions => _fixture.Get<ISessionStore>();

    private protected override IDeviceStore Registry => _fixture.Get<IDeviceStore>();

    public override async ValueTask InitializeAsync() => _fixture = await ControlStoreFixture.CreateAsync();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    protected override Task ReopenAsync() => _fixture.ReopenAsync();
}
