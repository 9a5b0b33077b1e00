namespace Hub.Server.Protocols.Mqtt;

/// <summary>Where MQTT 5 properties stand.</summary>
[Flags]
internal enum MqttPropertyPlace
{
    Connect = 1,
    Will = 2,
    Publish = 4,
    Subscribe = 8,
    Unsubscribe = 16,
    Disconnect = 32,
    PubAck = 64,
}

/// <summary>The properties that the hub asks for by id (MQTT 5, table 2-4).</summary>
internal enum MqttPropertyId
{
    PayloadFormat = 0x01,
    MessageExpiry = 0x02,
    ContentType = 0x03,
    ResponseTopic = 0x08,
    CorrelationData = 0x09,
    SubscriptionId = 0x0B,
    SessionExpiry = 0x11,
    AuthenticationMethod = 0x15,
    AuthenticationData = 0x16,
    RequestProblemInformation = 0x17,
    WillDelay = 0x18,
    RequestResponseInformation = 0x19,
    ReasonString = 0x1F,
    ReceiveMaximum = 0x21,
    TopicAliasMaximum = 0x22,
    TopicAlias = 0x23,
    UserProperty = 0x26,
    MaximumPacketSize = 0x27,
}

/// <summary>
/// Checks a block of MQTT 5 properties: each is known, stands where it may, comes once, and has a value that it may have. The codec
/// leaves that to its user. One walk over the bytes, whatever they hold.
/// </summary>
internal static class MqttPropertyCheck
{
    private const MqttPropertyPlace Message = MqttPropertyPlace.Will | MqttPropertyPlace.Publish;
    private const MqttPropertyPlace All = (MqttPropertyPlace)127;

    /// <summary>What breaks the protocol, in words; null when nothing does.</summary>
    /// <param name="properties">The block, without its length.</param>
    /// <param name="place">Where it stands.</param>
    /// <param name="seen">The properties that are there, a bit for each id.</param>
    public static string? FindFault(ReadOnlySpan<byte> properties, MqttPropertyPlace place, out ulong seen)
    {
        seen = 0;
        var reader = new MqttBodyReader(properties);
        while (!reader.Rest.IsEmpty)
        {
            if (!reader.TryReadVariable(out var id) || id > (int)MqttPropertyId.MaximumPacketSize
                || (PlacesOf((MqttPropertyId)id) & place) == 0)
                return $"Property {id} has no place in {place} properties.";
            if (!TrySkipValue(ref reader, (MqttPropertyId)id, out var isAllowed))
                return $"Property {id} is cut short or no valid text.";
            if (!isAllowed)
                return $"Property {id} has a value that it may not have.";
            if (id != (int)MqttPropertyId.UserProperty && Has(seen, (MqttPropertyId)id))
                return $"Property {id} is given twice.";
            seen |= 1UL << id;
        }

        return null;
    }

    public static bool Has(ulong seen, MqttPropertyId id) => (seen & (1UL << (int)id)) != 0;

    private static MqttPropertyPlace PlacesOf(MqttPropertyId id) => id switch
    {
        MqttPropertyId.PayloadFormat or MqttPropertyId.MessageExpiry or MqttPropertyId.ContentType or MqttPropertyId.ResponseTopic
            or MqttPropertyId.CorrelationData => Message,
        MqttPropertyId.SubscriptionId => MqttPropertyPlace.Subscribe,
        MqttPropertyId.SessionExpiry => MqttPropertyPlace.Connect | MqttPropertyPlace.Disconnect,
        MqttPropertyId.AuthenticationMethod or MqttPropertyId.AuthenticationData or MqttPropertyId.RequestProblemInformation
            or MqttPropertyId.RequestResponseInformation or MqttPropertyId.ReceiveMaximum or MqttPropertyId.TopicAliasMaximum
            or MqttPropertyId.MaximumPacketSize => MqttPropertyPlace.Connect,
        MqttPropertyId.WillDelay => MqttPropertyPlace.Will,
        MqttPropertyId.ReasonString => MqttPropertyPlace.Disconnect | MqttPropertyPlace.PubAck,
        MqttPropertyId.TopicAlias => MqttPropertyPlace.Publish,
        MqttPropertyId.UserProperty => All,
        _ => 0,
    };

    private static bool TrySkipValue(ref MqttBodyReader reader, MqttPropertyId id, out bool isAllowed)
    {
        isAllowed = true;
        uint number;
        switch (id)
        {
            case MqttPropertyId.PayloadFormat or MqttPropertyId.RequestProblemInformation or MqttPropertyId.RequestResponseInformation:
                var isThere = reader.TryReadNumber(1, out number);
                isAllowed = number <= 1;
                return isThere;
            case MqttPropertyId.ReceiveMaximum or MqttPropertyId.MaximumPacketSize:
                isThere = reader.TryReadNumber(id == MqttPropertyId.ReceiveMaximum ? 2 : 4, out number);
                isAllowed = number > 0;
                return isThere;
            case MqttPropertyId.TopicAliasMaximum or MqttPropertyId.TopicAlias:
                return reader.TrySkip(2);
            case MqttPropertyId.MessageExpiry or MqttPropertyId.SessionExpiry or MqttPropertyId.WillDelay:
                return reader.TrySkip(4);
            case MqttPropertyId.SubscriptionId:
                return reader.TryReadVariable(out _);
            case MqttPropertyId.CorrelationData or MqttPropertyId.AuthenticationData:
                return reader.TrySkipBinary();
            case MqttPropertyId.UserProperty:
                return reader.TrySkipString(out _) && reader.TrySkipString(out _);
            default:
                return reader.TrySkipString(out _);
        }
    }
}
