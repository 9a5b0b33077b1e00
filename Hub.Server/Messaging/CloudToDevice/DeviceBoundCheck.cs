using System.Buffers;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// Which characters a cloud-to-device message may bear (wire contract, section 1.1): a device may fetch it by any protocol, and over HTTPS
/// its properties travel in headers.
/// </summary>
internal static class DeviceBoundCheck
{
    public const int MaxMessageId = 128;

    private const string LettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(LettersAndDigits + "!#$%&'*+-.^_`|~");
    private static readonly SearchValues<char> MessageIdCharacters = SearchValues.Create(LettersAndDigits + "-:.+%_#*?!(),=@;$'");

    /// <summary>What is wrong, in a sentence; null when nothing is.</summary>
    public static string? FindFault(string? messageId, Message message)
    {
        if (messageId is not null && (messageId.Length is 0 or > MaxMessageId || messageId.AsSpan().ContainsAnyExcept(MessageIdCharacters)))
            return $"A message id has 1 to {MaxMessageId} of ASCII letters, digits and - : . + % _ # * ? ! ( ) , = @ $ '.";
        foreach (var (name, value) in message.SystemProperties.Items)
        {
            if (!IsPrintable(value))
                return $"{name} holds characters other than printable ASCII.";
        }

        foreach (var (name, value) in message.Properties.Items)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(NameCharacters))
                return "The name of a property has letters, digits and ! # $ % & ' * + - . ^ _ ` | ~ only.";
            if (!IsPrintable(value))
                return $"The value of the property {name} holds characters other than printable ASCII; put it into the body.";
        }

        return null;
    }

    private static bool IsPrintable(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && text.AsSpan().Trim(' ').Length == text.Length;
}
