using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>What the store itself must remember, such as the key that seals its cursors.</summary>
internal sealed class SettingRow
{
    public const string CursorKey = "cursor-key";

    /// <summary>Under which name the hub last ran, in UTF-8.</summary>
    public const string HostName = "host-name";

    public required string Name { get; init; }

    public required byte[] Value { get; init; }
}

internal sealed class SettingRowMapping : IEntityTypeConfiguration<SettingRow>
{
    public void Configure(EntityTypeBuilder<SettingRow> builder)
    {
        builder.ToTable("Settings");
        builder.HasKey(s => s.Name);
    }
}
