using System.Text.Json;
using Hub.Shared.Devices;
using Hub.Shared.Messages;

namespace Hub.Tests.Portal.Messages;

/// <summary>Messages, and devices that send them, for tests of the portal.</summary>
internal static class Telemetry
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public static TelemetryItem Json(string body, long sequence = 1, string device = "d1", int partition = 0, params (string, string)[] properties) =>
        Item(JsonDocument.Parse(body).RootElement, BodyEncoding.Json, sequence, device, partition, properties);

    public static TelemetryItem Text(string body, params (string, string)[] properties) =>
        Item(JsonSerializer.SerializeToElement(body), BodyEncoding.Utf8, 1, "d1", 0, properties);

    public static TelemetryItem Bytes(byte[] body) => Item(JsonSerializer.SerializeToElement(Convert.ToBase64String(body)), BodyEncoding.Base64, 1, "d1", 0, []);

    public static DeviceDetails Device(string id) => new()
    {
        DeviceId = DeviceId.Parse(id),
        GenerationId = "generation-1",
        ETag = "etag-1",
        Status = DeviceStatus.Enabled,
        CreatedTime = Noon.AddDays(-2),
        AuthenticationType = AuthenticationType.Sas,
        ConnectionState = ConnectionState.Disconnected,
        Tags = new Dictionary<string, string>(),
    };

    private static TelemetryItem Item(JsonElement body, BodyEncoding encoding, long sequence, string device, int partition, (string, string)[] properties) => new()
    {
        SequenceNumber = sequence,
        Partition = partition,
        Offset = sequence.ToString(System.Globalization.CultureInfo.InvariantCulture),
        DeviceId = DeviceId.Parse(device),
        EnqueuedTime = Noon.AddSeconds(sequence),
        SystemProperties = new Dictionary<string, string>(),
        Properties = properties.ToDictionary(p => p.Item1, p => p.Item2),
        Body = body,
        BodyEncoding = encoding,
    };
}
