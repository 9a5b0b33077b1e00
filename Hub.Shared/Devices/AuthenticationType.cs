using System.Text.Json.Serialization;

namespace Hub.Shared.Devices;

/// <summary>How a device proves who it is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AuthenticationType>))]
public enum AuthenticationType
{
    /// <summary>Shared access signatures, signed with one of two symmetric keys.</summary>
    [JsonStringEnumMemberName("sas")]
    Sas,

    /// <summary>A client certificate known by one of two thumbprints.</summary>
    [JsonStringEnumMemberName("selfSigned")]
    SelfSigned,

    /// <summary>No credential of its own: only a shared access policy may speak for the device.</summary>
    [JsonStringEnumMemberName("none")]
    None,
}
