namespace Hub.Cli.Load;

/// <summary>What a load does, as the options said.</summary>
internal sealed record LoadPlan
{
    public required MqttTarget Target { get; init; }

    public required int Connections { get; init; }

    public int InFlight { get; init; } = 1;

    public int Qos { get; init; } = 1;

    public byte[] Payload { get; init; } = [];

    /// <summary>The topic; <c>{id}</c> stands for the client id.</summary>
    public string Topic { get; init; } = "devices/{id}/messages/events/";

    /// <summary>Messages a second over all connections; null: as many as the windows let through.</summary>
    public double? Rate { get; init; }

    public TimeSpan WarmUp { get; init; }

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connect and hold, send nothing.</summary>
    public bool Idle { get; init; }

    /// <summary>Take any certificate.</summary>
    public bool Insecure { get; init; }

    /// <summary>Whose certificates are taken otherwise.</summary>
    public ServerTrust Trust { get; init; } = ServerTrust.System;

    /// <summary>The server's process, when it runs on this machine.</summary>
    public int? ServerProcess { get; init; }

    public ushort KeepAliveSeconds { get; init; } = 600;

    /// <summary>How long to wait for outstanding PUBACKs after the last message.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(5);

    public string TopicOf(string clientId) => Topic.Replace("{id}", clientId, StringComparison.Ordinal);
}
