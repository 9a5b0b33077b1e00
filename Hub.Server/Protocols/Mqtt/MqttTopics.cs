using System.Text;
using Hub.Shared.Devices;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>What a topic is about.</summary>
internal enum MqttTopicKind
{
    /// <summary>Not one of this device's topics.</summary>
    Foreign,

    /// <summary>Telemetry; the rest of the topic is the property bag.</summary>
    Telemetry,

    /// <summary>A request to read the twin.</summary>
    TwinGet,

    /// <summary>A change of reported properties.</summary>
    TwinPatch,

    /// <summary>The answer to a direct method.</summary>
    MethodResponse,

    /// <summary>The completion of a message, by its lock token.</summary>
    Complete,

    /// <summary>The rejection of a message, by its lock token.</summary>
    Reject,

    /// <summary>The abandonment of a message, by its lock token.</summary>
    Abandon,
}

/// <summary>
/// The fixed topics of one device (wire contract, section 3), case-sensitive. One instance per connection; immutable.
/// </summary>
internal sealed class MqttTopics
{
    public const string TwinResponses = "$iothub/twin/res/#";
    public const string TwinDesired = "$iothub/twin/PATCH/properties/desired/#";
    public const string Methods = "$iothub/methods/POST/#";

    /// <summary>Whoever subscribes to this settles cloud-to-device messages by topic (decision 4).</summary>
    public const string SettleResponses = "$iothub/c2d/res/#";

    /// <summary>The longest request id that is answered; real ones are short, and the answer's topic must have room for it.</summary>
    public const int MaxRequestId = 1024;

    private readonly byte[] _telemetry;
    private readonly string _telemetryText;

    public MqttTopics(DeviceId deviceId)
    {
        _telemetryText = $"devices/{deviceId.Value}/messages/events/";
        _telemetry = Encoding.UTF8.GetBytes(_telemetryText);
        DeviceBound = $"devices/{deviceId.Value}/messages/devicebound/#";
    }

    /// <summary>The filter for cloud-to-device messages.</summary>
    public string DeviceBound { get; }

    /// <summary>Tells what a topic is about, and gives the part behind what is fixed.</summary>
    public MqttTopicKind Classify(ReadOnlySpan<byte> topic, out ReadOnlySpan<byte> rest)
    {
        if (topic.StartsWith(_telemetry))
        {
            rest = topic[_telemetry.Length..];
            return MqttTopicKind.Telemetry;
        }

        // Some clients leave out the slash when there are no properties.
        if (topic.SequenceEqual(_telemetry.AsSpan(0, _telemetry.Length - 1)))
        {
            rest = default;
            return MqttTopicKind.Telemetry;
        }

        return ClassifyOther(topic, out rest);
    }

    /// <summary>Whether a will may go to the topic: only the device's own telemetry topic (wire contract, section 3).</summary>
    public bool IsTelemetry(string topic, out string bag)
    {
        var matches = topic.StartsWith(_telemetryText, StringComparison.Ordinal) && MqttPublish.IsTopicName(Encoding.UTF8.GetBytes(topic));
        bag = matches ? topic[_telemetryText.Length..] : string.Empty;
        return matches || topic == _telemetryText[..^1];
    }

    /// <summary>Whether the device may subscribe to the filter (decision 20).</summary>
    public bool IsSubscribable(string filter) => filter == DeviceBound || filter is TwinResponses or TwinDesired or Methods or SettleResponses;

    /// <summary>The value of <c>$rid</c> in the part behind a topic that asks for an answer; null when there is none.</summary>
    public static string? RequestIdOf(ReadOnlySpan<byte> rest) => ValueOf(rest, "$rid=");

    /// <summary>The value of <c>$lt</c>, the lock token of a message; null when there is none.</summary>
    public static string? LockTokenOf(ReadOnlySpan<byte> rest) => ValueOf(rest, "$lt=");

    private static string? ValueOf(ReadOnlySpan<byte> rest, string name)
    {
        foreach (var part in Encoding.UTF8.GetString(rest).TrimStart('?').Split('&'))
        {
            if (part.StartsWith(name, StringComparison.Ordinal))
                return part[name.Length..];
        }

        return null;
    }

    private static MqttTopicKind ClassifyOther(ReadOnlySpan<byte> topic, out ReadOnlySpan<byte> rest)
    {
        if (TryAfter(topic, "$iothub/twin/GET/"u8, out rest))
            return MqttTopicKind.TwinGet;
        if (TryAfter(topic, "$iothub/twin/PATCH/properties/reported/"u8, out rest))
            return MqttTopicKind.TwinPatch;
        if (TryAfter(topic, "$iothub/methods/res/"u8, out rest))
            return MqttTopicKind.MethodResponse;
        if (TryAfter(topic, "$iothub/c2d/complete/"u8, out rest))
            return MqttTopicKind.Complete;
        if (TryAfter(topic, "$iothub/c2d/reject/"u8, out rest))
            return MqttTopicKind.Reject;
        return TryAfter(topic, "$iothub/c2d/abandon/"u8, out rest) ? MqttTopicKind.Abandon : MqttTopicKind.Foreign;
    }

    private static bool TryAfter(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> prefix, out ReadOnlySpan<byte> rest)
    {
        var matches = topic.StartsWith(prefix);
        rest = matches ? topic[prefix.Length..] : default;
        return matches;
    }
}
