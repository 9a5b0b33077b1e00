using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Storage.Model;
using Hub.Shared.Devices;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The shared access policies in SQLite. Reading takes no lock on the data directory, so a command can do it beside a running hub.</summary>
internal sealed class SqliteSharedAccessPolicyStore(ControlReaders readers, ControlWriter writer, IKeyProtector protector)
    : ISharedAccessPolicyStore
{
    public ValueTask<IReadOnlyList<SharedAccessPolicy>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read(protector, static (reader, protector) =>
        {
            List<SharedAccessPolicy> policies = [];
            using var row = reader.Prepared("SELECT Name, Rights, PrimaryKey, SecondaryKey FROM SharedAccessPolicies ORDER BY Name").ExecuteReader();
            while (row.Read())
            {
                var name = row.GetString(0);
                SymmetricKey KeyAt(int column, KeySlot slot) =>
                    SymmetricKey.FromBytes(protector.Unprotect(row.GetFieldValue<byte[]>(column), SharedAccessPolicyRow.PlaceOf(name, slot)));
                policies.Add(new SharedAccessPolicy(name, (AccessRights)row.GetInt32(1), KeyAt(2, KeySlot.Primary), KeyAt(3, KeySlot.Secondary)));
            }

            return (IReadOnlyList<SharedAccessPolicy>)policies;
        }));
    }

    public async ValueTask AddMissingAsync(IReadOnlyList<SharedAccessPolicy> policies, CancellationToken cancellationToken)
    {
        var rows = policies.Select(ToRow).ToList();
        await writer.WriteAsync(
            connection => rows.Sum(row => connection.Execute(
                """
                INSERT INTO SharedAccessPolicies (Name, Rights, PrimaryKey, SecondaryKey) VALUES ($name, $rights, $primaryKey, $secondaryKey)
                ON CONFLICT (Name) DO NOTHING
                """,
                ("$name", row.Name), ("$rights", (int)row.Rights), ("$primaryKey", row.PrimaryKey), ("$secondaryKey", row.SecondaryKey))),
            cancellationToken);
    }

    private SharedAccessPolicyRow ToRow(SharedAccessPolicy policy) => new()
    {
        Name = policy.Name,
        Rights = policy.Rights,
        PrimaryKey = protector.Protect(policy.PrimaryKey.Bytes, SharedAccessPolicyRow.PlaceOf(policy.Name, KeySlot.Primary)),
        SecondaryKey = protector.Protect(policy.SecondaryKey.Bytes, SharedAccessPolicyRow.PlaceOf(policy.Name, KeySlot.Secondary)),
    };
}
