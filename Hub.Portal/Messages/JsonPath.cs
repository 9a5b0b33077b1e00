using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Hub.Portal.Messages;

/// <summary>
/// A place in a JSON body, such as <c>$.engine.temp</c>, <c>$.axes[0]</c> or <c>$['a b']</c>: names and indexes only, no wildcards,
/// since a column shows one value. Immutable; equal when it means the same place.
/// </summary>
public sealed class JsonPath : IEquatable<JsonPath>
{
    private const int MaxLength = 512;

    private readonly Step[] _steps;
    private readonly string _text;

    private JsonPath(Step[] steps)
    {
        _steps = steps;
        _text = Format(steps);
    }

    /// <summary>The whole body.</summary>
    public static JsonPath Root { get; } = new([]);

    /// <summary>Reads a path; false when it is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out JsonPath? path)
    {
        path = null;
        if (text is not { Length: > 0 and <= MaxLength } || text[0] != '$')
            return false;

        var steps = new List<Step>();
        var at = 1;
        while (at < text.Length)
        {
            if (!TryReadStep(text, ref at, out var step))
                return false;
            steps.Add(step);
        }

        path = new JsonPath([.. steps]);
        return true;
    }

    /// <summary>This path and one member further.</summary>
    public JsonPath Member(string name) => new([.. _steps, new Step(name, -1)]);

    /// <summary>This path and one element further.</summary>
    public JsonPath Element(int index) => new([.. _steps, new Step(null, index)]);

    /// <summary>Finds the value; false when the body has no such place.</summary>
    public bool TryFind(JsonElement body, out JsonElement value)
    {
        value = body;
        foreach (var step in _steps)
        {
            if (step.Name is null)
            {
                if (value.ValueKind != JsonValueKind.Array || step.Index >= value.GetArrayLength())
                    return false;
                value = value[step.Index];
            }
            else if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(step.Name, out value))
            {
                return false;
            }
        }

        return true;
    }

    public bool Equals(JsonPath? other) => other is not null && string.Equals(_text, other._text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as JsonPath);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _text;

    private static bool TryReadStep(string text, ref int at, out Step step)
    {
        step = default;
        if (text[at] == '.')
        {
            var end = at + 1;
            while (end < text.Length && IsPlain(text[end]))
                end++;
            if (end == at + 1)
                return false;
            step = new Step(text[(at + 1)..end], -1);
            at = end;
            return true;
        }

        if (text[at] != '[' || at + 1 >= text.Length)
            return false;
        return text[at + 1] == '\'' ? TryReadQuoted(text, ref at, out step) : TryReadIndex(text, ref at, out step);
    }

    private static bool TryReadIndex(string text, ref int at, out Step step)
    {
        step = default;
        var close = text.IndexOf(']', at);
        if (close < 0 || !int.TryParse(text.AsSpan(at + 1, close - at - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return false;
        step = new Step(null, index);
        at = close + 1;
        return true;
    }

    private static bool TryReadQuoted(string text, ref int at, out Step step)
    {
        step = default;
        var name = new StringBuilder();
        for (var i = at + 2; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                name.Append(text[++i]);
            }
            else if (text[i] == '\'')
            {
                if (i + 1 >= text.Length || text[i + 1] != ']')
                    return false;
                step = new Step(name.ToString(), -1);
                at = i + 2;
                return true;
            }
            else
            {
                name.Append(text[i]);
            }
        }

        return false;
    }

    private static string Format(Step[] steps)
    {
        var text = new StringBuilder("$");
        foreach (var step in steps)
        {
            if (step.Name is null)
                text.Append('[').Append(step.Index.ToString(CultureInfo.InvariantCulture)).Append(']');
            else if (step.Name.Length > 0 && step.Name.All(IsPlain))
                text.Append('.').Append(step.Name);
            else
                text.Append("['").Append(step.Name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)).Append("']");
        }

        return text.ToString();
    }

    private static bool IsPlain(char c) => char.IsLetterOrDigit(c) || c is '_' or '-';

    private readonly record struct Step(string? Name, int Index);
}
