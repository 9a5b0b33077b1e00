using Hub.Server.Security;
using Hub.Tests.Support;

namespace Hub.Tests.Storage;

public sealed class SqliteSharedAccessPolicyStoreTests : SharedAccessPolicyStoreCompliance
{
    private ControlStoreFixture _fixture = null!;

    private protected override ISharedAccessPolicyStore Policies => _fixture.Get<ISharedAccessPolicyStore>();

    public override async ValueTask InitializeAsync() => _fixture = await ControlStoreFixture.CreateAsync();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    protected override Task ReopenAsync() => _fixture.ReopenAsync();
}
