using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>A persistent session as it rests; it goes with its device.</summary>
internal sealed class SessionRow
{
    public required long DeviceNumber { get; init; }

    /// <summary>Topic filters with the granted quality of service, as a JSON object.</summary>
    public required string Subscriptions { get; init; }

    public long? ExpiresAt { get; init; }

    /// <summary>How long it outlives its connection, in ticks; null for ever.</summary>
    public long? Expiry { get; init; }
}

internal sealed class SessionRowMapping : IEntityTypeConfiguration<SessionRow>
{
    public void Configure(EntityTypeBuilder<SessionRow> builder)
    {
        builder.ToTable("Sessions");
        builder.HasKey(s => s.DeviceNumber);
        builder.Property(s => s.DeviceNumber).ValueGeneratedNever();
        builder.HasOne<DeviceRow>().WithOne().HasForeignKey<SessionRow>(s => s.DeviceNumber).OnDelete(DeleteBehavior.Cascade);
    }
}
