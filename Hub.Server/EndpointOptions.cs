namespace Hub.Server;

/// <summary>Where the doors are. Each key takes several addresses separated by <c>;</c>; an empty one keeps the door closed.</summary>
internal sealed class EndpointOptions
{
    public const string Section = "Hub:Endpoints";

    /// <summary>Portal, API, device and service REST; plain.</summary>
    public string Http { get; init; } = "http://127.0.0.1:8080";

    /// <summary>The same over TLS, with MQTT over WebSocket.</summary>
    public string Https { get; init; } = "https://*:8443";

    /// <summary>MQTT, plain.</summary>
    public string Mqtt { get; init; } = "mqtt://127.0.0.1:1883";

    /// <summary>MQTT over TLS.</summary>
    public string Mqtts { get; init; } = "mqtts://*:8883";

    /// <summary>The words that open plain doors to other machines; keys and payloads then cross the network readable (decision 24).</summary>
    public bool AllowPlainOutsideLoopback { get; init; }
}
