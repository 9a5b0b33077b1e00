using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>What a device gets to read of a cloud-to-device message; written once.</summary>
internal sealed class DeviceBoundEnvelopeRow
{
    /// <summary>The number of its message.</summary>
    public required long Number { get; init; }

    /// <summary>A JSON object, in the sender's order.</summary>
    public required string SystemProperties { get; init; }

    /// <summary>A JSON object, in the sender's order.</summary>
    public required string Properties { get; init; }

    public required byte[] Body { get; init; }
}

internal sealed class DeviceBoundEnvelopeRowMapping : IEntityTypeConfiguration<DeviceBoundEnvelopeRow>
{
    public void Configure(EntityTypeBuilder<DeviceBoundEnvelopeRow> builder)
    {
        builder.ToTable("DeviceBoundEnvelopes");
        builder.HasKey(e => e.Number);
        builder.Property(e => e.Number).ValueGeneratedNever();
        builder.HasOne<DeviceBoundMessageRow>().WithOne().HasForeignKey<DeviceBoundEnvelopeRow>(e => e.Number).OnDelete(DeleteBehavior.Cascade);
    }
}
