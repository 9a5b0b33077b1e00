using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>A tag of a device, to find devices by; the device's own row holds its tags as a whole.</summary>
internal sealed class DeviceTagRow
{
    public required long DeviceNumber { get; init; }

    public required string Name { get; init; }

    public required string Value { get; init; }
}

internal sealed class DeviceTagRowMapping : IEntityTypeConfiguration<DeviceTagRow>
{
    public const string ValueIndex = "IX_DeviceTags_Value";

    public void Configure(EntityTypeBuilder<DeviceTagRow> builder)
    {
        builder.ToTable("DeviceTags");
        builder.HasKey(t => new { t.DeviceNumber, t.Name });
        builder.Property(t => t.Name).UseCollation("BINARY");
        builder.Property(t => t.Value).UseCollation("BINARY");
        builder.HasIndex(t => new { t.Name, t.Value, t.DeviceNumber }, ValueIndex);
        builder.HasOne<DeviceRow>().WithMany().HasForeignKey(t => t.DeviceNumber).OnDelete(DeleteBehavior.Cascade);
    }
}
