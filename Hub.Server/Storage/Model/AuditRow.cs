using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>
/// An audit entry as it rests. Triggers refuse every change, and every deletion but that of the oldest up to the cut; the hashes show one
/// made past them.
/// </summary>
internal sealed class AuditRow
{
    public required long Id { get; init; }

    public required long Time { get; init; }

    public required string Actor { get; init; }

    public string? Source { get; init; }

    public required string Action { get; init; }

    public string? Target { get; init; }

    public required bool Succeeded { get; init; }

    public string? Detail { get; init; }

    /// <summary>SHA-256 over the hash of the entry before and all fields of this one.</summary>
    public required byte[] Hash { get; init; }
}

internal sealed class AuditRowMapping : IEntityTypeConfiguration<AuditRow>
{
    public void Configure(EntityTypeBuilder<AuditRow> builder)
    {
        builder.ToTable("AuditLog", t => t.HasCheckConstraint("CK_AuditLog_Hash", "length(\"Hash\") = 32"));
        builder.HasKey(a => a.Id);
        builder.Property(a => a.Id).ValueGeneratedNever();
    }
}
