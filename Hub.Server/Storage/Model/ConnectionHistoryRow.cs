using Hub.Shared.Devices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>A line of a device's connection history as it rests; it goes with its device.</summary>
internal sealed class ConnectionHistoryRow
{
    /// <summary>The order in which lines came.</summary>
    public long Sequence { get; init; }

    public required long DeviceNumber { get; init; }

    public required long Time { get; init; }

    public required ConnectionEvent Event { get; init; }

    public required string ConnectionId { get; init; }

    public required string Protocol { get; init; }

    public string? RemoteAddress { get; init; }

    public string? Reason { get; init; }
}

internal sealed class ConnectionHistoryRowMapping : IEntityTypeConfiguration<ConnectionHistoryRow>
{
    public void Configure(EntityTypeBuilder<ConnectionHistoryRow> builder)
    {
        builder.ToTable("ConnectionHistory");
        builder.HasKey(h => h.Sequence);
        // A device's newest lines, and where its hundredth lies, are found without looking at any other device's.
        builder.HasIndex(h => new { h.DeviceNumber, h.Sequence });
        builder.HasOne<DeviceRow>().WithMany().HasForeignKey(h => h.DeviceNumber).OnDelete(DeleteBehavior.Cascade);
    }
}
