using System.Text;
using System.Text.Unicode;
using Hub.Server.Messaging;
using Hub.Shared.Messages;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// The properties in a topic, <c>k=v&amp;k=v</c> with each part percent-encoded (wire contract, section 1.3). Parts that cannot be
/// decoded are kept as they stand: they are never a reason to refuse a message (decision 28).
/// </summary>
internal static class MqttPropertyBag
{
    /// <summary>Reads a bag, with or without the slash that some clients put behind it.</summary>
    public static MqttProperties Parse(ReadOnlySpan<byte> bag)
    {
        if (bag is [.., (byte)'/'])
            bag = bag[..^1];
        if (bag.IsEmpty)
            return MqttProperties.Empty;

        List<KeyValuePair<string, string>> system = [], application = [];
        foreach (var range in bag.Split((byte)'&'))
        {
            var part = bag[range];
            if (part.IsEmpty)
                continue;
            var equals = part.IndexOf((byte)'=');
            var name = Decode(equals < 0 ? part : part[..equals]);
            // A name without value and one with an empty value are told apart by some clients; both mean that there is nothing.
            var value = equals < 0 ? string.Empty : Decode(part[(equals + 1)..]);
            Sort(name, value, system, application);
        }

        return new MqttProperties(SystemProperties.Create(system), ApplicationProperties.Create(application));
    }

    /// <summary>Puts a property where it belongs; wire names of hub stamps go nowhere (decision 18).</summary>
    private static void Sort(
        string name, string value, List<KeyValuePair<string, string>> system, List<KeyValuePair<string, string>> application)
    {
        var systemName = name switch
        {
            "$.mid" => SystemPropertyNames.MessageId,
            "$.cid" => SystemPropertyNames.CorrelationId,
            "$.uid" => SystemPropertyNames.UserId,
            "$.to" => SystemPropertyNames.To,
            "$.ct" => SystemPropertyNames.ContentType,
            "$.ce" => SystemPropertyNames.ContentEncoding,
            "$.exp" => SystemPropertyNames.AbsoluteExpiryTime,
            "$.ctime" => SystemPropertyNames.CreationTimeUtc,
            "$.schema" => SystemPropertyNames.MessageSchema,
            "$.sub" => SystemPropertyNames.Subject,
            "$.ifid" => SystemPropertyNames.InterfaceId,
            "iothub-ack" => SystemPropertyNames.Ack,
            _ => null,
        };
        if (systemName is not null)
            system.Add(new(systemName, value));
        else if (name is not ("$.cdid" or "$.cmid" or "$.on"))
            application.Add(new(name, value));
    }

    private static string Decode(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf((byte)'%') < 0)
            return Encoding.UTF8.GetString(text);

        var bytes = text.Length <= 256 ? stackalloc byte[text.Length] : new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && TryHex(text[i + 1], out var high) && TryHex(text[i + 2], out var low))
            {
                bytes[length++] = (byte)((high << 4) | low);
                i += 2;
            }
            else
            {
                bytes[length++] = text[i];
            }
        }

        return Encoding.UTF8.GetString(Utf8.IsValid(bytes[..length]) ? bytes[..length] : text);
    }

    private static bool TryHex(byte character, out int value)
    {
        value = (char)character switch
        {
            >= '0' and <= '9' => character - '0',
            >= 'a' and <= 'f' => character - 'a' + 10,
            >= 'A' and <= 'F' => character - 'A' + 10,
            _ => -1,
        };
        return value >= 0;
    }
}

/// <summary>What a bag holds; shared by all messages that bear the same bag.</summary>
internal sealed record MqttProperties(SystemProperties System, ApplicationProperties Application)
{
    public static readonly MqttProperties Empty = new(SystemProperties.Empty, ApplicationProperties.Empty);
}
