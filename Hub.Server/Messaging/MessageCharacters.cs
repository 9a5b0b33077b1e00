using System.Buffers;

namespace Hub.Server.Messaging;

/// <summary>Which characters message ids and properties may have where they travel in headers (wire contract, section 1.1).</summary>
internal static class MessageCharacters
{
    public const int MaxMessageId = 128;

    /// <summary>What a message id may be, in a sentence.</summary>
    public static readonly string MessageIdRule = $"A message id has at most {MaxMessageId} of ASCII letters, digits and - : . + % _ # * ? ! ( ) , = @ $ '.";

    /// <summary>What the name of a property may be, in a sentence.</summary>
    public const string NameRule = "The name of a property has letters, digits and ! # $ % & ' * + - . ^ _ ` | ~ only.";

    private const string LettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static readonly SearchValues<char> OfNames = SearchValues.Create(LettersAndDigits + "!#$%&'*+-.^_`|~");
    private static readonly SearchValues<char> OfMessageIds = SearchValues.Create(LettersAndDigits + "-:.+%_#*?!(),=@;$'");

    public static bool IsMessageId(string text) => text.Length <= MaxMessageId && !text.AsSpan().ContainsAnyExcept(OfMessageIds);

    public static bool IsName(string text) => text.Length > 0 && IsToken(text);

    /// <summary>Whether a text, which may be empty, has the characters of a name only.</summary>
    public static bool IsToken(string text) => !text.AsSpan().ContainsAnyExcept(OfNames);

    public static bool IsPrintable(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
