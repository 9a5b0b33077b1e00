using Hub.Server.Registry;
using Hub.Shared.Devices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>A device as it rests. Times are ticks of UTC, so that they sort and lose nothing; keys rest encrypted.</summary>
internal sealed class DeviceRow
{
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

    /// <summary>The tags as they are: see <see cref="DeviceTexts"/>.</summary>
    public required string TagText { get; init; }

    public required ConnectionState ConnectionState { get; init; }

    public long? ConnectionStateUpdatedTime { get; init; }

    /// <summary>Zero for never, so that never sorts before every time.</summary>
    public required long LastActivityTime { get; init; }

    public string? Protocol { get; init; }

    public string? DisconnectReason { get; init; }

    /// <summary>What the places of the keys are called to <see cref="Security.IKeyProtector"/>.</summary>
    public static string PlaceOf(DeviceId id, string generationId, KeySlot slot) =>
        $"device|{id}|{generationId}|{(slot == KeySlot.Primary ? "primary" : "secondary")}";
}

/// <summary>The three list indexes carry every filter, so that a page is found in the index alone and only its own rows are read.</summary>
internal sealed class DeviceRowMapping : IEntityTypeConfiguration<DeviceRow>
{
    public const string Table = "Devices";
    public const string SearchIndex = "IX_Devices_Search";
    public const string LastActivityIndex = "IX_Devices_LastActivity";
    public const string CreatedIndex = "IX_Devices_Created";

    public void Configure(EntityTypeBuilder<DeviceRow> builder)
    {
        builder.ToTable(Table, t =>
        {
            t.HasCheckConstraint("CK_Devices_Status", "\"Status\" IN (0, 1)");
            t.HasCheckConstraint("CK_Devices_ConnectionState", "\"ConnectionState\" IN (0, 1)");
        });
        builder.HasKey(d => d.Id);
        // Ids are compared by ordinal: 'A' and 'a' are two devices.
        builder.Property(d => d.Id).HasMaxLength(DeviceId.MaxLength).UseCollation("BINARY");
        builder.Property(d => d.StatusReason).HasMaxLength(DeviceRules.MaxStatusReason);
        builder.HasIndex(d => new { d.Id, d.Status, d.ConnectionState, d.LastActivityTime, d.CreatedTime, d.SearchText, d.TagText }, SearchIndex);
        builder.HasIndex(d => new { d.LastActivityTime, d.Id, d.Status, d.ConnectionState }, LastActivityIndex);
        builder.HasIndex(d => new { d.CreatedTime, d.Id, d.Status, d.ConnectionState }, CreatedIndex);
        builder.HasIndex(d => new { d.Status, d.ConnectionState });
        builder.HasIndex(d => d.ConnectionState);
    }
}
