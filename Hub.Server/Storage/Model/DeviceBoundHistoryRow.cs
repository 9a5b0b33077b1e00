using Hub.Shared.CloudToDevice;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>A line of a cloud-to-device message's history; only ever added, and gone with its message.</summary>
internal sealed class DeviceBoundHistoryRow
{
    /// <summary>The order in which lines came, over all messages.</summary>
    public long Sequence { get; init; }

    public required long MessageNumber { get; init; }

    public required long Time { get; init; }

    public required DeviceBoundEvent Event { get; init; }

    public required string By { get; init; }

    public string? Detail { get; init; }
}

internal sealed class DeviceBoundHistoryRowMapping : IEntityTypeConfiguration<DeviceBoundHistoryRow>
{
    public void Configure(EntityTypeBuilder<DeviceBoundHistoryRow> builder)
    {
        builder.ToTable("DeviceBoundHistory");
        builder.HasKey(h => h.Sequence);
        // Given by SQLite as the next after the greatest; a table that keeps count would be written with every line.
        builder.Property(h => h.Sequence).ValueGeneratedNever();
        builder.HasIndex(h => new { h.MessageNumber, h.Sequence });
        builder.HasOne<DeviceBoundMessageRow>().WithMany().HasForeignKey(h => h.MessageNumber).OnDelete(DeleteBehavior.Cascade);
    }
}
