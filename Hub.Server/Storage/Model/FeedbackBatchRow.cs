using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>A batch of feedback records that was handed to a receiver of the wire contract; its records go with it.</summary>
internal sealed class FeedbackBatchRow
{
    public long Number { get; init; }

    public required int DeliveryCount { get; init; }

    public required long ExpiresAt { get; init; }

    /// <summary>The last lock; it holds while <see cref="LockedUntil"/> is set.</summary>
    public byte[]? LockToken { get; init; }

    public long? LockedUntil { get; init; }
}

internal sealed class FeedbackBatchRowMapping : IEntityTypeConfiguration<FeedbackBatchRow>
{
    public void Configure(EntityTypeBuilder<FeedbackBatchRow> builder)
    {
        builder.ToTable("FeedbackBatches");
        builder.HasKey(b => b.Number);
        builder.HasIndex(b => b.LockToken);
    }
}
