using System.Globalization;
using Hub.Shared.Messages;
using Names = Hub.Shared.Messages.SystemPropertyNames;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>Shows a logged message as the API, the live hub and exports do.</summary>
internal static class TelemetryItemMapper
{
    public static TelemetryItem ToItem(this LoggedMessage logged)
    {
        var (body, encoding) = logged.Message.BodyShape();
        return new TelemetryItem
        {
            SequenceNumber = logged.SequenceNumber,
            Partition = logged.Partition,
            Offset = OffsetOf(logged.SequenceNumber),
            DeviceId = logged.Sender.DeviceId,
            EnqueuedTime = logged.EnqueuedTime,
            SystemProperties = SystemPropertiesOf(logged),
            Properties = ToDictionary(logged.Message.Properties.Items),
            Body = body,
            BodyEncoding = encoding,
        };
    }

    /// <summary>Rises with the sequence number both as a number and as text.</summary>
    public static string OffsetOf(long sequenceNumber) => sequenceNumber.ToString("D19", CultureInfo.InvariantCulture);

    private static Dictionary<string, string> SystemPropertiesOf(LoggedMessage logged)
    {
        var properties = ToDictionary(logged.Message.SystemProperties.Items);
        // Stamps come last: nothing that a sender wrote may stand in their place (decision 18).
        properties[Names.EnqueuedTime] = logged.EnqueuedTime.UtcDateTime.ToString("o", CultureInfo.InvariantCulture);
        properties[Names.ConnectionDeviceId] = logged.Sender.DeviceId.Value;
        properties[Names.ConnectionDeviceGenerationId] = logged.Sender.GenerationId;
        properties[Names.ConnectionAuthMethod] = logged.Sender.AuthMethod;
        properties[Names.MessageSource] = "Telemetry";
        if (logged.Sender.ModelId is { } model)
            properties[Names.DataSchema] = model;
        return properties;
    }

    private static Dictionary<string, string> ToDictionary(IReadOnlyList<KeyValuePair<string, string>> items)
    {
        var dictionary = new Dictionary<string, string>(items.Count + 6, StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++)
            dictionary[items[i].Key] = items[i].Value;
        return dictionary;
    }
}
