using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>A device's queue; it goes with its device, so that one that takes the id later begins at 1 with nothing.</summary>
internal sealed class DeviceBoundQueueRow
{
    public required long DeviceNumber { get; init; }

    /// <summary>The last sequence number that was given.</summary>
    public required long LastSequence { get; init; }

    /// <summary>How many messages wait or are locked.</summary>
    public required int Depth { get; init; }
}

internal sealed class DeviceBoundQueueRowMapping : IEntityTypeConfiguration<DeviceBoundQueueRow>
{
    public const string DepthIndex = "IX_DeviceBoundQueues_Depth";

    public void Configure(EntityTypeBuilder<DeviceBoundQueueRow> builder)
    {
        builder.ToTable("DeviceBoundQueues", t => t.HasCheckConstraint("CK_DeviceBoundQueues_Depth", "\"Depth\" >= 0"));
        builder.HasKey(q => q.DeviceNumber);
        builder.Property(q => q.DeviceNumber).ValueGeneratedNever();
        builder.HasIndex(q => new { q.Depth, q.DeviceNumber }, DepthIndex).HasFilter("Depth > 0");
        builder.HasOne<DeviceRow>().WithOne().HasForeignKey<DeviceBoundQueueRow>(q => q.DeviceNumber).OnDelete(DeleteBehavior.Cascade);
    }
}
