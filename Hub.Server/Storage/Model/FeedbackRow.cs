using Hub.Shared.CloudToDevice;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>A feedback record that waits for a receiver of the wire contract, by itself or in a batch. It stands by itself: its message may be purged before.</summary>
internal sealed class FeedbackRow
{
    public long Number { get; init; }

    /// <summary>The sender's id of the message.</summary>
    public required string MessageId { get; init; }

    public required long DeviceNumber { get; init; }

    public required string DeviceId { get; init; }

    public required string GenerationId { get; init; }

    public required DeviceBoundOutcome Outcome { get; init; }

    public string? Description { get; init; }

    public required long Time { get; init; }

    /// <summary>The batch that it was put into; null while it waits for one.</summary>
    public long? BatchNumber { get; init; }
}

internal sealed class FeedbackRowMapping : IEntityTypeConfiguration<FeedbackRow>
{
    public const string BatchIndex = "IX_Feedback_Batch";

    public void Configure(EntityTypeBuilder<FeedbackRow> builder)
    {
        builder.ToTable("Feedback");
        builder.HasKey(f => f.Number);
        builder.Property(f => f.Number).ValueGeneratedNever();
        builder.HasIndex(f => new { f.BatchNumber, f.Number }, BatchIndex);
        builder.HasOne<FeedbackBatchRow>().WithMany().HasForeignKey(f => f.BatchNumber).OnDelete(DeleteBehavior.Cascade);
    }
}
