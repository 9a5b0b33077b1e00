using Hub.Shared.Devices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>
/// Whether and when a device was last there: one narrow row for each device, rewritten whenever it comes or goes. It repeats the
/// device's status, so that lists filter and count in its indexes alone.
/// </summary>
internal sealed class PresenceRow
{
    public required long DeviceNumber { get; init; }

    public required DeviceStatus Status { get; init; }

    public required ConnectionState ConnectionState { get; init; }

    public long? ConnectionStateUpdatedTime { get; init; }

    /// <summary>Zero for never, so that never sorts before every time.</summary>
    public required long LastActivityTime { get; init; }

    public string? Protocol { get; init; }

    public string? DisconnectReason { get; init; }
}

internal sealed class PresenceRowMapping : IEntityTypeConfiguration<PresenceRow>
{
    public const string StateIndex = "IX_Presence_State";
    public const string LastActivityIndex = "IX_Presence_LastActivity";

    public void Configure(EntityTypeBuilder<PresenceRow> builder)
    {
        builder.ToTable("Presence", t => t.HasCheckConstraint("CK_Presence_ConnectionState", "\"ConnectionState\" IN (0, 1)"));
        builder.HasKey(p => p.DeviceNumber);
        builder.Property(p => p.DeviceNumber).ValueGeneratedNever();
        builder.HasIndex(p => new { p.ConnectionState, p.Status }, StateIndex);
        builder.HasIndex(p => new { p.LastActivityTime, p.DeviceNumber, p.ConnectionState, p.Status }, LastActivityIndex);
        builder.HasOne<DeviceRow>().WithOne().HasForeignKey<PresenceRow>(p => p.DeviceNumber).OnDelete(DeleteBehavior.Cascade);
    }
}
