using Hub.Server.Registry;
using Hub.Shared.Devices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>A device as it rests. Times are ticks of UTC, so that they sort and lose nothing; keys rest encrypted.</summary>
internal sealed class DeviceRow
{
    /// <summary>Never given twice, so that what refers to it cannot pass to a device that takes the id later.</summary>
    public long Number { get; init; }

    public required string Id { get; init; }

    public required string GenerationId { get; init; }

    public required string ETag { get; init; }

    public required DeviceStatus Status { get; init; }

    public string? StatusReason { get; init; }

    public long? StatusUpdatedTime { get; init; }

    public required long CreatedTime { get; init; }

    public required AuthenticationType AuthenticationType { get; init; }

    public byte[]? PrimaryKey { get; init; }

    public byte[]? SecondaryKey { get; init; }

    public string? PrimaryThumbprint { get; init; }

    public string? SecondaryThumbprint { get; init; }

    /// <summary>The tags as a JSON object.</summary>
    public required string Tags { get; init; }

    /// <summary>The id and the tags in lower case: see <see cref="DeviceTexts"/>.</summary>
    public required string SearchText { get; init; }

    /// <summary>What the places of the keys are called to <see cref="Security.IKeyProtector"/>.</summary>
    public static string PlaceOf(DeviceId id, string generationId, KeySlot slot) =>
        $"device|{id}|{generationId}|{(slot == KeySlot.Primary ? "primary" : "secondary")}";
}

/// <summary>Presence is in a table of its own (<see cref="PresenceRow"/>), so that a device that comes or goes touches none of these indexes.</summary>
internal sealed class DeviceRowMapping : IEntityTypeConfiguration<DeviceRow>
{
    /// <summary>Narrow, and complete for a search: to read it from end to end is quicker than to fetch the rows.</summary>
    public const string SearchIndex = "IX_Devices_Search";
    public const string CreatedIndex = "IX_Devices_Created";

    public void Configure(EntityTypeBuilder<DeviceRow> builder)
    {
        builder.ToTable("Devices", t => t.HasCheckConstraint("CK_Devices_Status", "\"Status\" IN (0, 1)"));
        builder.HasKey(d => d.Number);
        builder.HasIndex(d => d.Id).IsUnique();
        // Ids are compared by ordinal: 'A' and 'a' are two devices.
        builder.Property(d => d.Id).HasMaxLength(DeviceId.MaxLength).UseCollation("BINARY");
        builder.Property(d => d.StatusReason).HasMaxLength(DeviceRules.MaxStatusReason);
        builder.HasIndex(d => new { d.Id, d.SearchText }, SearchIndex);
        builder.HasIndex(d => new { d.CreatedTime, d.Number }, CreatedIndex);
    }
}
