using Hub.Shared.Devices;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>Which messages a viewer wants. Immutable; what is null asks for nothing.</summary>
internal sealed class TelemetryMatch
{
    public static readonly TelemetryMatch All = new();

    /// <summary>Only messages of these devices.</summary>
    public IReadOnlySet<DeviceId>? DeviceIds { get; init; }

    /// <summary>Only messages of this partition.</summary>
    public int? Partition { get; init; }

    /// <summary>Text in body or properties.</summary>
    public TextSearch? Text { get; init; }

    /// <summary>Application properties with these values, by ordinal.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Properties { get; init; } = [];

    /// <summary>Whether messages of the device can match at all; asked once for all messages of an append.</summary>
    public bool Matches(DeviceId device) => DeviceIds is null || DeviceIds.Contains(device);

    /// <summary>Whether the message matches, its device apart.</summary>
    public bool Matches(Message message)
    {
        for (var i = 0; i < Properties.Count; i++)
        {
            if (message.Properties[Properties[i].Key] != Properties[i].Value)
                return false;
        }

        return Text is null || Text.Matches(message);
    }
}
