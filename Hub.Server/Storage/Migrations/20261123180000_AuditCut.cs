using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Hub.Server.Storage.Migrations
{
    /// <summary>Lets the oldest audit entries be dropped, up to where the log was cut. By hand: Entity Framework's model has no part in it.</summary>
    [DbContext(typeof(HubDbContext))]
    [Migration("20261123180000_AuditCut")]
    public partial class AuditCut : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("CREATE TABLE AuditCut (One INTEGER PRIMARY KEY CHECK (One = 1), Id INTEGER NOT NULL, Hash BLOB NOT NULL CHECK (length(Hash) = 32)) STRICT");
            migrationBuilder.Sql("DROP TRIGGER AuditLog_NoDelete");
            migrationBuilder.Sql("CREATE TRIGGER AuditLog_NoDelete BEFORE DELETE ON AuditLog WHEN OLD.Id > coalesce((SELECT Id FROM AuditCut), 0) BEGIN SELECT RAISE(ABORT, 'The audit log is append-only.'); END");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TRIGGER AuditLog_NoDelete");
            migrationBuilder.Sql("CREATE TRIGGER AuditLog_NoDelete BEFORE DELETE ON AuditLog BEGIN SELECT RAISE(ABORT, 'The audit log is append-only.'); END");
            migrationBuilder.Sql("DROP TABLE AuditCut");
        }
    }
}
