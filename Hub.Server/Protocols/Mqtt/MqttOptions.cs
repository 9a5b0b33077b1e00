using System.ComponentModel.DataAnnotations;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>Settings of the MQTT head.</summary>
internal sealed class MqttOptions
{
    public const string Section = "Hub:Protocols:Mqtt";

    /// <summary>How long a peer may take from connecting to the end of its authentication, handshakes included; then the connection is closed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest silence of a device, whatever keep-alive it asked for; a device that asked for none gets this.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "01:00:00")]
    public TimeSpan MaxSilence { get; init; } = TimeSpan.FromSeconds(1767);

    /// <summary>How long a device may leave what it is sent unread; then the connection is closed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many publishes of one connection may wait for their commit; above that the hub reads no further from it. MQTT 5 devices are
    /// told as Receive Maximum.
    /// </summary>
    [Range(1, 65_535)]
    public int MaxInFlight { get; init; } = 1_000;

    /// <summary>How many bytes of publishes of one connection may wait for their commit; above that the hub reads no further from it.</summary>
    [Range(65_536, 64 * 1024 * 1024)]
    public int MaxInFlightBytes { get; init; } = 1024 * 1024;

    /// <summary>How many cloud-to-device messages a device gets before it has acknowledged the first; MQTT 5 devices lower it by Receive Maximum.</summary>
    [Range(1, 1_000)]
    public int DeliveryWindow { get; init; } = 16;

    /// <summary>How long a connection is held, unread, while the store cannot take messages; then it is closed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StoreUnavailableGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many topic filters one SUBSCRIBE may have.</summary>
    [Range(5, 1_000)]
    public int MaxSubscriptions { get; init; } = 50;
}
