namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// Which characters a cloud-to-device message may bear (wire contract, section 1.1): a device may fetch it by any protocol, and over HTTPS
/// its properties travel in headers.
/// </summary>
internal static class DeviceBoundCheck
{
    /// <summary>What is wrong, in a sentence; null when nothing is.</summary>
    public static string? FindFault(string? messageId, Message message)
    {
        if (messageId is not null && (messageId.Length == 0 || !MessageCharacters.IsMessageId(messageId)))
            return messageId.Length == 0 ? "A message id is not empty; leave it out, and the hub makes one." : MessageCharacters.MessageIdRule;
        foreach (var (name, value) in message.SystemProperties.Items)
        {
            if (!FitsHeader(value))
                return $"{name} holds characters other than printable ASCII, or spaces around it.";
        }

        foreach (var (name, value) in message.Properties.Items)
        {
            if (!MessageCharacters.IsName(name))
                return MessageCharacters.NameRule;
            if (!FitsHeader(value))
                return $"The value of the property {name} holds characters other than printable ASCII, or spaces around it; put it into the body.";
        }

        return null;
    }

    /// <summary>A header loses the spaces around its value.</summary>
    private static bool FitsHeader(string value) => MessageCharacters.IsPrintable(value) && value.AsSpan().Trim(' ').Length == value.Length;
}
