using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hub.Server.Storage.Migrations
{
    /// <inheritdoc />
    public partial class CloudToDevice : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "DeviceBoundMessages",
                columns: table => new
                {
                    Number = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    DeviceNumber = table.Column<long>(type: "INTEGER", nullable: false),
                    DeviceId = table.Column<string>(type: "TEXT", nullable: false),
                    GenerationId = table.Column<string>(type: "TEXT", nullable: false),
                    SequenceNumber = table.Column<long>(type: "INTEGER", nullable: false),
                    MessageId = table.Column<string>(type: "TEXT", nullable: false),
                    Ack = table.Column<int>(type: "INTEGER", nullable: false),
                    EnqueuedTime = table.Column<long>(type: "INTEGER", nullable: false),
                    ExpiresAt = table.Column<long>(type: "INTEGER", nullable: false),
                    NotBefore = table.Column<long>(type: "INTEGER", nullable: true),
                    State = table.Column<int>(type: "INTEGER", nullable: false),
                    DeliveryCount = table.Column<int>(type: "INTEGER", nullable: false),
                    LockToken = table.Column<byte[]>(type: "BLOB", nullable: true),
                    LockedUntil = table.Column<long>(type: "INTEGER", nullable: true),
                    LockHolder = table.Column<string>(type: "TEXT", nullable: true),
                    CancelledBy = table.Column<string>(type: "TEXT", nullable: true),
                    Outcome = table.Column<int>(type: "INTEGER", nullable: true),
                    Description = table.Column<string>(type: "TEXT", nullable: true),
                    SettledTime = table.Column<long>(type: "INTEGER", nullable: true),
                    OriginNumber = table.Column<long>(type: "INTEGER", nullable: true),
                    Attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    ResubmittedAs = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DeviceBoundMessages", x => x.Number);
                    table.CheckConstraint("CK_DeviceBoundMessages_State", "\"State\" BETWEEN 0 AND 3");
                });

            migrationBuilder.CreateTable(
                name: "DeviceBoundQueues",
                columns: table => new
                {
                    DeviceNumber = table.Column<long>(type: "INTEGER", nullable: false),
                    LastSequence = table.Column<long>(type: "INTEGER", nullable: false),
                    Depth = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DeviceBoundQueues", x => x.DeviceNumber);
                    table.CheckConstraint("CK_DeviceBoundQueues_Depth", "\"Depth\" >= 0");
                    table.ForeignKey(
                        name: "FK_DeviceBoundQueues_Devices_DeviceNumber",
                        column: x => x.DeviceNumber,
                        principalTable: "Devices",
                        principalColumn: "Number",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "FeedbackBatches",
                columns: table => new
                {
                    Number = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    DeliveryCount = table.Column<int>(type: "INTEGER", nullable: false),
                    ExpiresAt = table.Column<long>(type: "INTEGER", nullable: false),
                    LockToken = table.Column<byte[]>(type: "BLOB", nullable: true),
                    LockedUntil = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_FeedbackBatches", x => x.Number);
                });

            migrationBuilder.CreateTable(
                name: "DeviceBoundEnvelopes",
                columns: table => new
                {
                    Number = table.Column<long>(type: "INTEGER", nullable: false),
                    SystemProperties = table.Column<string>(type: "TEXT", nullable: false),
                    Properties = table.Column<string>(type: "TEXT", nullable: false),
                    Body = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DeviceBoundEnvelopes", x => x.Number);
                    table.ForeignKey(
                        name: "FK_DeviceBoundEnvelopes_DeviceBoundMessages_Number",
                        column: x => x.Number,
                        principalTable: "DeviceBoundMessages",
                        principalColumn: "Number",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "DeviceBoundHistory",
                columns: table => new
                {
                    Sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    MessageNumber = table.Column<long>(type: "INTEGER", nullable: false),
                    Time = table.Column<long>(type: "INTEGER", nullable: false),
                    Event = table.Column<int>(type: "INTEGER", nullable: false),
                    By = table.Column<string>(type: "TEXT", nullable: false),
                    Detail = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DeviceBoundHistory", x => x.Sequence);
                    table.ForeignKey(
                        name: "FK_DeviceBoundHistory_DeviceBoundMessages_MessageNumber",
                        column: x => x.MessageNumber,
                        principalTable: "DeviceBoundMessages",
                        principalColumn: "Number",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "Feedback",
                columns: table => new
                {
                    Number = table.Column<long>(type: "INTEGER", nullable: false),
                    MessageId = table.Column<string>(type: "TEXT", nullable: false),
                    DeviceNumber = table.Column<long>(type: "INTEGER", nullable: false),
                    DeviceId = table.Column<string>(type: "TEXT", nullable: false),
                    GenerationId = table.Column<string>(type: "TEXT", nullable: false),
                    Outcome = table.Column<int>(type: "INTEGER", nullable: false),
                    Description = table.Column<string>(type: "TEXT", nullable: true),
                    Time = table.Column<long>(type: "INTEGER", nullable: false),
                    BatchNumber = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Feedback", x => x.Number);
                    table.ForeignKey(
                        name: "FK_Feedback_FeedbackBatches_BatchNumber",
                        column: x => x.BatchNumber,
                        principalTable: "FeedbackBatches",
                        principalColumn: "Number",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundHistory_MessageNumber_Sequence",
                table: "DeviceBoundHistory",
                columns: new[] { "MessageNumber", "Sequence" });

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundMessages_DeadByDevice",
                table: "DeviceBoundMessages",
                columns: new[] { "DeviceId", "SettledTime" },
                filter: "State = 3");

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundMessages_DeadByReason",
                table: "DeviceBoundMessages",
                columns: new[] { "Outcome", "SettledTime" },
                filter: "State = 3");

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundMessages_Device",
                table: "DeviceBoundMessages",
                columns: new[] { "DeviceId", "EnqueuedTime" });

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundMessages_End",
                table: "DeviceBoundMessages",
                columns: new[] { "State", "SettledTime" },
                filter: "State > 1");

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundMessages_Expiry",
                table: "DeviceBoundMessages",
                column: "ExpiresAt",
                filter: "State < 2");

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundMessages_MessageId",
                table: "DeviceBoundMessages",
                columns: new[] { "DeviceNumber", "MessageId" },
                unique: true,
                filter: "OriginNumber IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundMessages_Queue",
                table: "DeviceBoundMessages",
                columns: new[] { "DeviceNumber", "SequenceNumber" },
                filter: "State < 2");

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundMessages_Schedule",
                table: "DeviceBoundMessages",
                column: "NotBefore",
                filter: "State < 2 AND NotBefore IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundMessages_State",
                table: "DeviceBoundMessages",
                columns: new[] { "State", "EnqueuedTime" });

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundMessages_Time",
                table: "DeviceBoundMessages",
                column: "EnqueuedTime");

            migrationBuilder.CreateIndex(
                name: "IX_DeviceBoundQueues_Depth",
                table: "DeviceBoundQueues",
                columns: new[] { "Depth", "DeviceNumber" },
                filter: "Depth > 0");

            migrationBuilder.CreateIndex(
                name: "IX_Feedback_Batch",
                table: "Feedback",
                columns: new[] { "BatchNumber", "Number" });

            migrationBuilder.CreateIndex(
                name: "IX_FeedbackBatches_LockToken",
                table: "FeedbackBatches",
                column: "LockToken");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "DeviceBoundEnvelopes");

            migrationBuilder.DropTable(
                name: "DeviceBoundHistory");

            migrationBuilder.DropTable(
                name: "DeviceBoundQueues");

            migrationBuilder.DropTable(
                name: "Feedback");

            migrationBuilder.DropTable(
                name: "DeviceBoundMessages");

            migrationBuilder.DropTable(
                name: "FeedbackBatches");
        }
    }
}
