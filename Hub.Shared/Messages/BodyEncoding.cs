using System.Text.Json.Serialization;

namespace Hub.Shared.Messages;

/// <summary>How a body stands in a JSON document.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BodyEncoding>))]
public enum BodyEncoding
{
    /// <summary>The content type is JSON and the bytes are UTF-8 JSON: the body is that JSON.</summary>
    [JsonStringEnumMemberName("json")]
    Json,

    /// <summary>The bytes are valid UTF-8: the body is that text.</summary>
    [JsonStringEnumMemberName("utf8")]
    Utf8,

    /// <summary>Anything else: the body is base64.</summary>
    [JsonStringEnumMemberName("base64")]
    Base64,
}
