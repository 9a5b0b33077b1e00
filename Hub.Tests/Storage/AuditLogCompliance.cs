using Hub.Server.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>What every <see cref="IAuditLog"/> must do.</summary>
public abstract class AuditLogCompliance : IAsyncLifetime
{
    private protected abstract IAuditLog Audit { get; }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task ListAsync_PageByPage_GivesAllTheNewestFirst()
    {
        await Task.WhenAll(Enumerable.Range(1, 5).Select(i => Audit.AppendAsync(Record($"a{i}"), Token).AsTask()));

        var first = await Audit.ListAsync(3, null, Token);
        var second = await Audit.ListAsync(3, first.NextCursor, Token);

        Assert.Equal([5L, 4, 3], first.Items.Select(entry => entry.Id));
        Assert.Equal([2L, 1], second.Items.Select(entry => entry.Id));
        Assert.Null(second.NextCursor);
        Assert.Equal(["a1", "a2", "a3", "a4", "a5"], first.Items.Concat(second.Items).Select(entry => entry.Target).Order());
        await Assert.ThrowsAsync<FormatException>(async () => await Audit.ListAsync(3, first.NextCursor + "A", Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    public async Task FindBrokenAsync_AsWritten_FindsNothing(int entries)
    {
        for (var i = 0; i < entries; i++)
            await Audit.AppendAsync(Record("x"), Token);

        foreach (var last in (int[])[1, 5, 100])
            Assert.Null(await Audit.FindBrokenAsync(last, Token));
    }

    private protected static AuditRecord Record(string target) => new(Devices.Epoch, "ann", "127.0.0.1", "device.create", target, true, null);
}
