namespace Hub.Server.Protocols.Mqtt;

/// <summary>Walks over a SUBSCRIBE or an UNSUBSCRIBE before the codec sees it, which takes what the specification forbids.</summary>
internal static class MqttFilterCheck
{
    /// <summary>What breaks the protocol, in words; null when nothing does.</summary>
    /// <param name="body">The packet behind its fixed header.</param>
    /// <param name="withOptions">True for a SUBSCRIBE, where each filter has its options.</param>
    /// <param name="version5">Whether the connection speaks MQTT 5.</param>
    public static string? FindFault(ReadOnlySpan<byte> body, bool withOptions, bool version5)
    {
        var reader = new MqttBodyReader(body);
        if (!reader.TryReadNumber(2, out var packetId) || packetId == 0)
            return "A packet with topic filters has no packet id [MQTT-2.2.1-3].";
        if (version5)
        {
            if (!reader.TryReadProperties(out var properties))
                return "The properties do not fit into their packet.";
            var place = withOptions ? MqttPropertyPlace.Subscribe : MqttPropertyPlace.Unsubscribe;
            if (MqttPropertyCheck.FindFault(properties, place, out _) is { } fault)
                return fault;
        }

        if (reader.Rest.IsEmpty)
            return "There is no topic filter [MQTT-3.8.3-2, MQTT-3.10.3-2].";
        while (!reader.Rest.IsEmpty)
        {
            if (!reader.TrySkipString(out var length) || length == 0)
                return "A topic filter is cut short, empty or no valid text [MQTT-4.7.3-1].";
            if (withOptions && (!reader.TryReadByte(out var options) || !AreAllowed(options, version5)))
                return "A subscription has options that it may not have [MQTT-3.8.3-5].";
        }

        return null;
    }

    private static bool AreAllowed(int options, bool version5) =>
        (options & 0x03) != 3 && (version5 ? (options & 0xC0) == 0 && (options & 0x30) != 0x30 : (options & 0xFC) == 0);
}
