using Hub.Server.Registry;
using Hub.Server.Security;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>What every <see cref="ISharedAccessPolicyStore"/> must do.</summary>
public abstract class SharedAccessPolicyStoreCompliance : IAsyncLifetime
{
    private protected abstract ISharedAccessPolicyStore Policies { get; }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Closes the store and opens it again, where it outlives that.</summary>
    protected abstract Task ReopenAsync();

    [Fact]
    public async Task AddMissingAsync_KnownInAnotherCase_KeepsThoseThatAreThere()
    {
        var service = Policy("service", AccessRights.ServiceConnect);
        await Policies.AddMissingAsync([service], Token);
        await Policies.AddMissingAsync([Policy("Service", AccessRights.None), Policy("device", AccessRights.DeviceConnect)], Token);

        await ReopenAsync();

        var all = (await Policies.ListAsync(Token)).OrderBy(policy => policy.Name, StringComparer.Ordinal).ToList();
        Assert.Equal(["device", "service"], all.Select(policy => policy.Name));
        Assert.Equal(service, all[1]);
    }

    private static SharedAccessPolicy Policy(string name, AccessRights rights) => new(name, rights, SymmetricKey.Generate(), SymmetricKey.Generate());
}
