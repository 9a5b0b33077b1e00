using System.Collections.Immutable;
using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Tests.Support;

/// <summary>Devices to test with.</summary>
internal static class Devices
{
    public static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Device New(string id, params (string Name, string Value)[] tags) => new()
    {
        Id = DeviceId.Parse(id),
        GenerationId = "1",
        ETag = "e1",
        Status = DeviceStatus.Enabled,
        StatusUpdatedTime = Epoch,
        CreatedTime = Epoch,
        Credentials = new DeviceCredentials.SymmetricKeys(SymmetricKey.Generate(), SymmetricKey.Generate()),
        Tags = tags.ToImmutableSortedDictionary(t => t.Name, t => t.Value, StringComparer.Ordinal),
    };
}
