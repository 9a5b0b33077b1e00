using System.Text.Json.Serialization;

namespace Hub.Shared.Devices;

/// <summary>Whether a device has a live connection.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConnectionState>))]
public enum ConnectionState
{
    /// <summary>No connection is open.</summary>
    Disconnected,

    /// <summary>A connection is open.</summary>
    Connected,
}
