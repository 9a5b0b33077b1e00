using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hub.Shared.Devices;

/// <summary>
/// The name of a registered device: 1 to 128 of ASCII letters, digits and <c>- . _ : % * ? ! ( ) , = @ $ '</c>,
/// compared by ordinal (case matters). The ids <c>.</c> and <c>..</c> are refused, since URL paths normalise them away.
/// </summary>
[JsonConverter(typeof(DeviceIdJsonConverter))]
public readonly record struct DeviceId : IParsable<DeviceId>
{
    /// <summary>The longest id, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>Says in one sentence what an id may be; shown to whoever sent another.</summary>
    public const string Rule =
        "A device id has 1 to 128 characters out of ASCII letters, digits and - . _ : % * ? ! ( ) , = @ $ ' and is neither \".\" nor \"..\".";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:%*?!(),=@$'");

    private readonly string? _value;

    private DeviceId(string value) => _value = value;

    /// <summary>The id's text; empty only for the default value, which no device bears.</summary>
    public string Value => _value ?? string.Empty;

    /// <summary>Makes an id of the text, or throws a <see cref="FormatException"/> that states the rule.</summary>
    public static DeviceId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, out var id) ? id : throw new FormatException(Rule);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DeviceId result) => TryParse(s, out result);

    /// <summary>Makes an id of the text; false when the text breaks the rule.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, out DeviceId result)
    {
        var valid = s is { Length: >= 1 and <= MaxLength } and not "." and not ".." && !s.AsSpan().ContainsAnyExcept(Allowed);
        result = valid ? new DeviceId(s!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>Writes a <see cref="DeviceId"/> as its text, and reads it with its rule.</summary>
public sealed class DeviceIdJsonConverter : JsonConverter<DeviceId>
{
    /// <inheritdoc/>
    public override DeviceId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DeviceId.TryParse(reader.GetString(), out var id) ? id : throw new JsonException(DeviceId.Rule);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DeviceId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);

    /// <inheritdoc/>
    public override DeviceId ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Read(ref reader, typeToConvert, options);

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, DeviceId value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.Value);
}
