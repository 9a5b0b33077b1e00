namespace Hub.Shared.Devices;

/// <summary>A device as lists and pages show it. It never carries a key: see <see cref="DeviceKeys"/>.</summary>
public sealed record DeviceDetails
{
    /// <summary>The device's id.</summary>
    public required DeviceId DeviceId { get; init; }

    /// <summary>Changes when a device of the same id is created anew.</summary>
    public required string GenerationId { get; init; }

    /// <summary>Changes with every change of the registration; sent back as <c>If-Match</c>, it prevents lost updates.</summary>
    public required string ETag { get; init; }

    /// <summary>Whether the device may speak.</summary>
    public required DeviceStatus Status { get; init; }

    /// <summary>Why it has that status, as an operator wrote it.</summary>
    public string? StatusReason { get; init; }

    /// <summary>When the status last changed.</summary>
    public DateTimeOffset? StatusUpdatedTime { get; init; }

    /// <summary>When the device was registered.</summary>
    public required DateTimeOffset CreatedTime { get; init; }

    /// <summary>How the device proves who it is.</summary>
    public required AuthenticationType AuthenticationType { get; init; }

    /// <summary>The first certificate thumbprint, 40 or 64 hex digits; null without certificates.</summary>
    public string? PrimaryThumbprint { get; init; }

    /// <summary>The second certificate thumbprint.</summary>
    public string? SecondaryThumbprint { get; init; }

    /// <summary>Whether the device is connected now.</summary>
    public required ConnectionState ConnectionState { get; init; }

    /// <summary>When the connection state last changed; null before the first connection.</summary>
    public DateTimeOffset? ConnectionStateUpdatedTime { get; init; }

    /// <summary>When the device last connected, sent or was heard; null before the first time.</summary>
    public DateTimeOffset? LastActivityTime { get; init; }

    /// <summary>The protocol of the live connection, such as <c>MQTT 3.1.1 over TLS</c>; null while disconnected.</summary>
    public string? Protocol { get; init; }

    /// <summary>Why the last connection ended, in words; null before the first end.</summary>
    public string? DisconnectReason { get; init; }

    /// <summary>Free labels, at most 50: names of 1 to 128 characters, values of at most 512.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>How many cloud-to-device messages wait or are locked.</summary>
    public int CloudToDeviceMessageCount { get; init; }
}
