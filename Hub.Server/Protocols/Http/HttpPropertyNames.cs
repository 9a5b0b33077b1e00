using System.Collections.Frozen;
using Hub.Server.Messaging;
using Names = Hub.Shared.Messages.SystemPropertyNames;

namespace Hub.Server.Protocols.Http;

/// <summary>
/// What a property is called over HTTPS (wire contract, section 1.5), in headers and in the items of a batch alike, and which characters
/// it may hold (section 1.1).
/// </summary>
internal static class HttpPropertyNames
{
    public const string ApplicationPrefix = "iothub-app-";

    private static readonly FrozenDictionary<string, string> System = new Dictionary<string, string>
    {
        ["iothub-messageid"] = Names.MessageId,
        ["iothub-correlationid"] = Names.CorrelationId,
        ["iothub-userid"] = Names.UserId,
        ["iothub-to"] = Names.To,
        ["iothub-expiry"] = Names.AbsoluteExpiryTime,
        ["iothub-ack"] = Names.Ack,
        ["iothub-contenttype"] = Names.ContentType,
        ["iothub-contentencoding"] = Names.ContentEncoding,
        ["iothub-messageschema"] = Names.MessageSchema,
        ["iothub-creationtimeutc"] = Names.CreationTimeUtc,
        ["iothub-creation-time-utc"] = Names.CreationTimeUtc,
        [ApplicationPrefix + "iothub-creation-time-utc"] = Names.CreationTimeUtc,
        ["iothub-interface-id"] = Names.InterfaceId,
        ["dt-subject"] = Names.Subject,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Adds a property to those of a message. What is no property at all (any other header) is passed over, and so is what only the hub
    /// may stamp (decision 18).
    /// </summary>
    /// <returns>Why the property is refused, in a sentence; null when it is not.</returns>
    public static string? Add(
        string name, string value, List<KeyValuePair<string, string>> systemProperties, List<KeyValuePair<string, string>> properties)
    {
        if (System.TryGetValue(name, out var systemName))
        {
            systemProperties.Add(new(systemName, value));
            return systemName == Names.MessageId ? MessageCharacters.IsMessageId(value) ? null : MessageCharacters.MessageIdRule
                : !MessageCharacters.IsPrintable(value) ? $"{systemName} holds characters other than printable ASCII."
                : null;
        }

        if (!name.StartsWith(ApplicationPrefix, StringComparison.OrdinalIgnoreCase))
            return null;

        var own = name[ApplicationPrefix.Length..];
        if (!MessageCharacters.IsName(own))
            return MessageCharacters.NameRule;
        if (HubStamps.IsStamp(own))
            return null;
        if (!MessageCharacters.IsToken(value))
            return $"The value of the property {own} may hold letters, digits and ! # $ % & ' * + - . ^ _ ` | ~ only.";
        properties.Add(new(own, value));
        return null;
    }
}
