using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Storage.Sqlite;
using Hub.Tests.Support;
using Microsoft.Extensions.Options;
using Xunit;

namespace Hub.Tests.Storage;

public sealed class SqliteSharedAccessPolicyStoreTests : SharedAccessPolicyStoreCompliance
{
    private ControlStoreFixture _fixture = null!;

    private protected override ISharedAccessPolicyStore Policies => _fixture.Get<ISharedAccessPolicyStore>();

    public override async ValueTask InitializeAsync() => _fixture = await ControlStoreFixture.CreateAsync();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    protected override Task ReopenAsync() => _fixture.ReopenAsync();

    [Fact]
    public async Task LoadAsync_KeyFileMissing_SaysSoAndMakesNoNewOne()
    {
        var hub = Options.Create(new HubOptions { DataDirectory = _fixture.Data.Path });
        SharedAccessPolicies Load(KeyFile file) => new(
            new SqliteSharedAccessPolicyStore(_fixture.Get<ControlReaders>(), _fixture.Get<ControlWriter>(), new KeyProtector(file)));
        var file = new KeyFile(hub);
        await Load(file).LoadAsync(Token);
        Assert.False(file.IsOpenToOthers);
        File.Delete(file.Path);

        var refusal = await Assert.ThrowsAsync<SecretsUnreadableException>(async () => await Load(new KeyFile(hub)).LoadAsync(Token));

        Assert.Contains("is missing", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file.Path));
    }
}
