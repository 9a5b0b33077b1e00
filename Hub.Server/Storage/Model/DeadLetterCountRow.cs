using Hub.Shared.CloudToDevice;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>
/// How many dead letters that were not sent again failed alike within an hour. Kept in step by whatever adds, marks or deletes one, in the
/// same transaction, so that groups of a million are counted without reading a million.
/// </summary>
internal sealed class DeadLetterCountRow
{
    public required DeviceBoundOutcome Outcome { get; init; }

    /// <summary>Empty where there is none.</summary>
    public required string Description { get; init; }

    public required string DeviceId { get; init; }

    /// <summary>Hours since the beginning of time, as <see cref="DateTime.Ticks"/> counts.</summary>
    public required long Hour { get; init; }

    public required long Count { get; init; }
}

internal sealed class DeadLetterCountRowMapping : IEntityTypeConfiguration<DeadLetterCountRow>
{
    public void Configure(EntityTypeBuilder<DeadLetterCountRow> builder)
    {
        builder.ToTable("DeadLetterCounts", t => t.HasCheckConstraint("CK_DeadLetterCounts_Count", "\"Count\" > 0"));
        builder.HasKey(c => new { c.Outcome, c.Description, c.DeviceId, c.Hour });
    }
}
