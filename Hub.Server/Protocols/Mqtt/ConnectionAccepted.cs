namespace Hub.Server.Protocols.Mqtt;

/// <summary>A feature of connections that pass a handshake before they reach the head: when they were taken.</summary>
/// <param name="Timestamp">Of the hub's <see cref="TimeProvider"/>.</param>
internal sealed record ConnectionAccepted(long Timestamp);
