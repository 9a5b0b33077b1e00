using Hub.Server.Security;
using Hub.Shared.Devices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>A shared access policy as it rests, its keys encrypted.</summary>
internal sealed class SharedAccessPolicyRow
{
    public required string Name { get; init; }

    public required AccessRights Rights { get; init; }

    public required byte[] PrimaryKey { get; init; }

    public required byte[] SecondaryKey { get; init; }

    /// <summary>What the places of the keys are called to <see cref="IKeyProtector"/>.</summary>
    public static string PlaceOf(string name, KeySlot slot) => $"policy|{name}|{(slot == KeySlot.Primary ? "primary" : "secondary")}";
}

internal sealed class SharedAccessPolicyRowMapping : IEntityTypeConfiguration<SharedAccessPolicyRow>
{
    public void Configure(EntityTypeBuilder<SharedAccessPolicyRow> builder)
    {
        builder.ToTable("SharedAccessPolicies");
        builder.HasKey(p => p.Name);
        builder.Property(p => p.Name).HasMaxLength(64).UseCollation("NOCASE");
    }
}
