using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hub.Server.Storage.Migrations
{
    /// <inheritdoc />
    public partial class SessionExpiry : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "Expiry",
                table: "Sessions",
                type: "INTEGER",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Expiry",
                table: "Sessions");
        }
    }
}
