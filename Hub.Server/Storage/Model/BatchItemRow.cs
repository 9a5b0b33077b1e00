using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>What a batch does with one device, dead letter or message.</summary>
internal sealed class BatchItemRow
{
    public required long BatchNumber { get; init; }

    /// <summary>From 1; done in this order, so that the batch's count of what is done says which are.</summary>
    public required int Place { get; init; }

    public required string DeviceId { get; init; }

    /// <summary>The dead letter or message that it is about; it may be gone.</summary>
    public long? SubjectNumber { get; init; }

    /// <summary>What was sent; it may be gone.</summary>
    public long? MessageNumber { get; init; }

    public string? Refusal { get; init; }
}

internal sealed class BatchItemRowMapping : IEntityTypeConfiguration<BatchItemRow>
{
    public void Configure(EntityTypeBuilder<BatchItemRow> builder)
    {
        builder.ToTable("BatchItems");
        builder.HasKey(i => new { i.BatchNumber, i.Place });
        builder.HasOne<BatchRow>().WithMany().HasForeignKey(i => i.BatchNumber).OnDelete(DeleteBehavior.Cascade);
    }
}
