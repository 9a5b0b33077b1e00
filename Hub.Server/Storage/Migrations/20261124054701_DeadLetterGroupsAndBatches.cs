using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hub.Server.Storage.Migrations
{
    /// <inheritdoc />
    public partial class DeadLetterGroupsAndBatches : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "HeldBy",
                table: "DeviceBoundMessages",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "Batches",
                columns: table => new
                {
                    Number = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    Kind = table.Column<int>(type: "INTEGER", nullable: false),
                    State = table.Column<int>(type: "INTEGER", nullable: false),
                    Target = table.Column<string>(type: "TEXT", nullable: false),
                    By = table.Column<string>(type: "TEXT", nullable: false),
                    CreatedTime = table.Column<long>(type: "INTEGER", nullable: false),
                    HeldUntil = table.Column<long>(type: "INTEGER", nullable: true),
                    EndedTime = table.Column<long>(type: "INTEGER", nullable: true),
                    Definition = table.Column<string>(type: "TEXT", nullable: false),
                    IsPrepared = table.Column<bool>(type: "INTEGER", nullable: false),
                    Total = table.Column<int>(type: "INTEGER", nullable: false),
                    Done = table.Column<int>(type: "INTEGER", nullable: false),
                    Refused = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Batches", x => x.Number);
                });

            migrationBuilder.CreateTable(
                name: "DeadLetterCounts",
                columns: table => new
                {
                    Outcome = table.Column<int>(type: "INTEGER", nullable: false),
                    Description = table.Column<string>(type: "TEXT", nullable: false),
                    DeviceId = table.Column<string>(type: "TEXT", nullable: false),
                    Hour = table.Column<long>(type: "INTEGER", nullable: false),
                    Count = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DeadLetterCounts", x => new { x.Outcome, x.Description, x.DeviceId, x.Hour });
                    table.CheckConstraint("CK_DeadLetterCounts_Count", "\"Count\" > 0");
                });

            migrationBuilder.CreateTable(
                name: "OutcomeCounts",
                columns: table => new
                {
                    Hour = table.Column<long>(type: "INTEGER", nullable: false),
                    Outcome = table.Column<int>(type: "INTEGER", nullable: false),
                    Count = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_OutcomeCounts", x => new { x.Hour, x.Outcome });
                });

            migrationBuilder.CreateTable(
                name: "BatchItems",
                columns: table => new
                {
                    BatchNumber = table.Column<long>(type: "INTEGER", nullable: false),
                    Place = table.Column<int>(type: "INTEGER", nullable: false),
                    DeviceId = table.Column<string>(type: "TEXT", nullable: false),
                    SubjectNumber = table.Column<long>(type: "INTEGER", nullable: true),
                    MessageNumber = table.Column<long>(type: "INTEGER", nullable: true),
                    Refusal = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_BatchItems", x => new { x.BatchNumber, x.Place });
                    table.ForeignKey(
                        name: "FK_BatchItems_Batches_BatchNumber",
                        column: x => x.BatchNumber,
                        principalTable: "Batches",
                        principalColumn: "Number",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundMessages_Held",
                table: "DeviceBoundMessages",
                columns: new[] { "DeviceNumber", "SequenceNumber" },
                filter: "HeldBy IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Batches_EndedTime",
                table: "Batches",
                column: "EndedTime");

            migrationBuilder.CreateIndex(
                name: "IX_Batches_UnderWay",
                table: "Batches",
                column: "State",
                filter: "State < 2");

            // By hand: what ended before is counted too. 36,000,000,000 ticks are an hour.
            migrationBuilder.Sql(
                """
                INSERT INTO OutcomeCounts (Hour, Outcome, Count)
                SELECT SettledTime / 36000000000, Outcome, COUNT(*) FROM DeviceBoundMessages WHERE State > 1 GROUP BY 1, 2
                """);
            migrationBuilder.Sql(
                """
                INSERT INTO DeadLetterCounts (Outcome, Description, DeviceId, Hour, Count)
                SELECT Outcome, IFNULL(Description, ''), DeviceId, SettledTime / 36000000000, COUNT(*) FROM DeviceBoundMessages
                WHERE State = 3 AND ResubmittedAs IS NULL GROUP BY 1, 2, 3, 4
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "BatchItems");

            migrationBuilder.DropTable(
                name: "DeadLetterCounts");

            migrationBuilder.DropTable(
                name: "OutcomeCounts");

            migrationBuilder.DropTable(
                name: "Batches");

            migrationBuilder.DropIndex(
                name: "IX_DeviceBoundMessages_Held",
                table: "DeviceBoundMessages");

            migrationBuilder.DropColumn(
                name: "HeldBy",
                table: "DeviceBoundMessages");
        }
    }
}
