using System.Text;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>Finds a text in bodies and properties without regard to case; literal, no wildcards. Immutable.</summary>
internal sealed class TextSearch
{
    private readonly string _text;
    private readonly byte[]? _ascii;

    public TextSearch(string text)
    {
        _text = text;
        if (Ascii.IsValid(text))
            _ascii = Encoding.ASCII.GetBytes(text);
    }

    /// <summary>Whether the body or a name or value of the message's properties contains the text.</summary>
    public bool Matches(Message message) =>
        MatchesBody(message.Body.Span) || MatchesAny(message.Properties.Items) || MatchesAny(message.SystemProperties.Items);

    private bool MatchesAny(IReadOnlyList<KeyValuePair<string, string>> items)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i].Key.Contains(_text, StringComparison.OrdinalIgnoreCase) || items[i].Value.Contains(_text, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private bool MatchesBody(ReadOnlySpan<byte> body)
    {
        if (_ascii is null)
            return Encoding.UTF8.GetString(body).Contains(_text, StringComparison.OrdinalIgnoreCase);
        if (_ascii.Length == 0)
            return true;

        // Jumps from candidate to candidate by the first byte in both cases, without decoding the body.
        var lower = (byte)char.ToLowerInvariant((char)_ascii[0]);
        var upper = (byte)char.ToUpperInvariant((char)_ascii[0]);
        while (true)
        {
            var start = body.IndexOfAny(lower, upper);
            if (start < 0 || body.Length - start < _ascii.Length)
                return false;
            if (Ascii.EqualsIgnoreCase(body.Slice(start, _ascii.Length), _ascii))
                return true;
            body = body[(start + 1)..];
        }
    }
}
