using Hub.Shared.CloudToDevice;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>How many cloud-to-device messages ended so within an hour.</summary>
internal sealed class OutcomeCountRow
{
    /// <summary>Hours since the beginning of time, as <see cref="DateTime.Ticks"/> counts.</summary>
    public required long Hour { get; init; }

    public required DeviceBoundOutcome Outcome { get; init; }

    public required long Count { get; init; }
}

internal sealed class OutcomeCountRowMapping : IEntityTypeConfiguration<OutcomeCountRow>
{
    public void Configure(EntityTypeBuilder<OutcomeCountRow> builder)
    {
        builder.ToTable("OutcomeCounts");
        builder.HasKey(c => new { c.Hour, c.Outcome });
    }
}
