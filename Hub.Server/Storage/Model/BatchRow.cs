using Hub.Shared.CloudToDevice;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>Work on many messages.</summary>
internal sealed class BatchRow
{
    /// <summary>Its id, never given twice.</summary>
    public long Number { get; init; }

    public required BatchKind Kind { get; init; }

    public required BatchState State { get; init; }

    public required string Target { get; init; }

    public required string By { get; init; }

    public required long CreatedTime { get; init; }

    public long? HeldUntil { get; init; }

    public long? EndedTime { get; init; }

    /// <summary>What is to be done with each item, as JSON.</summary>
    public required string Definition { get; init; }

    /// <summary>Whether all its items are there.</summary>
    public required bool IsPrepared { get; init; }

    public required int Total { get; init; }

    public required int Done { get; init; }

    public required int Refused { get; init; }
}

internal sealed class BatchRowMapping : IEntityTypeConfiguration<BatchRow>
{
    public const string UnderWayIndex = "IX_Batches_UnderWay";

    /// <summary>Of what is not ended only; queries have to say the same words to use the index.</summary>
    public const string UnderWay = "State < 2";

    public void Configure(EntityTypeBuilder<BatchRow> builder)
    {
        builder.ToTable("Batches");
        builder.HasKey(b => b.Number);
        builder.HasIndex(b => b.State, UnderWayIndex).HasFilter(UnderWay);
        builder.HasIndex(b => b.EndedTime);
    }
}
