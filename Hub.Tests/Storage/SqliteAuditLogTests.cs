using Hub.Server.Security;
using Hub.Tests.Support;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Hub.Tests.Storage;

public sealed class SqliteAuditLogTests : AuditLogCompliance
{
    private ControlStoreFixture _fixture = null!;

    private protected override IAuditLog Audit => _fixture.Get<IAuditLog>();

    public override async ValueTask InitializeAsync() => _fixture = await ControlStoreFixture.CreateAsync();

    public override ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("UPDATE AuditLog SET Detail = 'other' WHERE Id = 2", 2, 100)]
    [InlineData("DELETE FROM AuditLog WHERE Id = 2", 2, 100)]
    [InlineData("UPDATE AuditLog SET Succeeded = 0 WHERE Id = 1", 1, 3)]
    [InlineData("UPDATE AuditLog SET Detail = 'other' WHERE Id = 3", 3, 1)]
    public async Task Audit_ChangedPastTheHub_IsRefusedAndFound(string change, long broken, int last)
    {
        var audit = _fixture.Get<IAuditLog>();
        for (var i = 0; i < 3; i++)
            await audit.AppendAsync(Record("x"), Token);

        Assert.Throws<SqliteException>(() => _fixture.Execute(change));
        Assert.Null(await audit.FindBrokenAsync(last, Token));

        _fixture.Execute("DROP TRIGGER AuditLog_NoUpdate; DROP TRIGGER AuditLog_NoDelete");
        _fixture.Execute(change);
        Assert.Equal(broken, await audit.FindBrokenAsync(last, Token));
    }
}
