using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>A persistent session as it rests; it goes with its device.</summary>
internal sealed class SessionRow
{
    public required string DeviceId { get; init; }

    public required string GenerationId { get; set; }

    /// <summary>Topic filters with the granted quality of service, as a JSON object.</summary>
    public required string Subscriptions { get; set; }

    public long? ExpiresAt { get; set; }
}

internal sealed class SessionRowMapping : IEntityTypeConfiguration<SessionRow>
{
    public void Configure(EntityTypeBuilder<SessionRow> builder)
    {
        builder.ToTable("Sessions");
        builder.HasKey(s => s.DeviceId);
        builder.Property(s => s.DeviceId).UseCollation("BINARY");
        builder.HasOne<DeviceRow>().WithOne().HasForeignKey<SessionRow>(s => s.DeviceId).OnDelete(DeleteBehavior.Cascade);
    }
}
