using System.Text.Json.Serialization;

namespace Hub.Shared.Devices;

/// <summary>Whether a device may speak.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeviceStatus>))]
public enum DeviceStatus
{
    /// <summary>The device may connect and send.</summary>
    [JsonStringEnumMemberName("enabled")]
    Enabled,

    /// <summary>Connections of the device are refused, and those open end within a second.</summary>
    [JsonStringEnumMemberName("disabled")]
    Disabled,
}
