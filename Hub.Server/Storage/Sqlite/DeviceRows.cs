using System.Collections.Immutable;
using System.Text.Json;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Storage.Model;
using Hub.Shared.Devices;
using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

/// <summary>Turns devices into rows and back, keys encrypted on the way. By hand, since authentication waits on it.</summary>
internal sealed class DeviceRows(IKeyProtector protector)
{
    public const string Columns =
        "d.Id, d.GenerationId, d.ETag, d.Status, d.StatusReason, d.StatusUpdatedTime, d.CreatedTime, d.AuthenticationType, d.PrimaryKey, "
        + "d.SecondaryKey, d.PrimaryThumbprint, d.SecondaryThumbprint, d.Tags, p.ConnectionState, p.ConnectionStateUpdatedTime, "
        + "p.LastActivityTime, p.Protocol, p.DisconnectReason, (SELECT q.Depth FROM DeviceBoundQueues q WHERE q.DeviceNumber = d.Number)";

    public const int ColumnCount = 19;

    /// <summary>What the columns are read from.</summary>
    public const string Tables = "Devices d CROSS JOIN Presence p ON p.DeviceNumber = d.Number";

    public Device Read(SqliteDataReader row)
    {
        var id = DeviceId.Parse(row.GetString(0));
        var generationId = row.GetString(1);
        return new Device
        {
            Id = id,
            GenerationId = generationId,
            ETag = row.GetString(2),
            Status = (DeviceStatus)row.GetInt32(3),
            StatusReason = row.TextOrNull(4),
            StatusUpdatedTime = row.TimeOrNull(5),
            CreatedTime = SqliteText.Time(row.GetInt64(6)),
            Credentials = (AuthenticationType)row.GetInt32(7) switch
            {
                AuthenticationType.Sas => new DeviceCredentials.SymmetricKeys(
                    KeyOf(row.GetFieldValue<byte[]>(8), id, generationId, KeySlot.Primary),
                    KeyOf(row.GetFieldValue<byte[]>(9), id, generationId, KeySlot.Secondary)),
                AuthenticationType.SelfSigned => new DeviceCredentials.Thumbprints(row.TextOrNull(10), row.TextOrNull(11)),
                AuthenticationType.None => new DeviceCredentials.None(),
                var other => throw new InvalidDataException($"The stored device '{id}' has the unknown authentication type {(int)other}."),
            },
            Tags = TagsOf(row.GetString(12)),
            Presence = new DevicePresence
            {
                ConnectionState = (ConnectionState)row.GetInt32(13),
                ConnectionStateUpdatedTime = row.TimeOrNull(14),
                LastActivityTime = row.GetInt64(15) is var ticks and not 0 ? SqliteText.Time(ticks) : null,
                Protocol = row.TextOrNull(16),
                DisconnectReason = row.TextOrNull(17),
            },
            QueueDepth = row.IsDBNull(18) ? 0 : row.GetInt32(18),
        };
    }

    public DeviceRow ToRow(Device device)
    {
        var keys = device.Credentials as DeviceCredentials.SymmetricKeys;
        var prints = device.Credentials as DeviceCredentials.Thumbprints;
        return new DeviceRow
        {
            Id = device.Id.Value,
            GenerationId = device.GenerationId,
            ETag = device.ETag,
            Status = device.Status,
            StatusReason = device.StatusReason,
            StatusUpdatedTime = device.StatusUpdatedTime?.UtcTicks,
            CreatedTime = device.CreatedTime.UtcTicks,
            AuthenticationType = device.Credentials.Type,
            PrimaryKey = ProtectOrNull(keys?.Primary, device, KeySlot.Primary),
            SecondaryKey = ProtectOrNull(keys?.Secondary, device, KeySlot.Secondary),
            PrimaryThumbprint = prints?.Primary,
            SecondaryThumbprint = prints?.Secondary,
            Tags = device.Tags.IsEmpty ? "{}" : JsonSerializer.Serialize(device.Tags),
            SearchText = DeviceTexts.SearchTextOf(device),
        };
    }

    public static PresenceRow ToPresenceRow(Device device, long number) => new()
    {
        DeviceNumber = number,
        Status = device.Status,
        ConnectionState = device.Presence.ConnectionState,
        ConnectionStateUpdatedTime = device.Presence.ConnectionStateUpdatedTime?.UtcTicks,
        LastActivityTime = device.Presence.LastActivityTime?.UtcTicks ?? 0,
        Protocol = device.Presence.Protocol,
        DisconnectReason = device.Presence.DisconnectReason,
    };

    private SymmetricKey KeyOf(byte[] bytes, DeviceId id, string generationId, KeySlot slot) =>
        SymmetricKey.FromBytes(protector.Unprotect(bytes, DeviceRow.PlaceOf(id, generationId, slot)));

    private byte[]? ProtectOrNull(SymmetricKey? key, Device device, KeySlot slot) =>
        key is null ? null : protector.Protect(key.Bytes, DeviceRow.PlaceOf(device.Id, device.GenerationId, slot));

    private static ImmutableSortedDictionary<string, string> TagsOf(string json) => json == "{}"
        ? ImmutableSortedDictionary<string, string>.Empty
        : JsonSerializer.Deserialize<Dictionary<string, string>>(json)!.ToImmutableSortedDictionary(StringComparer.Ordinal);
}
