namespace Hub.Shared.Devices;

/// <summary>
/// What <c>PUT /api/v1/devices/{id}</c> takes. Without <c>If-Match</c> it creates (409 when the device exists); with it, it
/// updates. On update, what is null stays as it is.
/// </summary>
public sealed record DeviceChange
{
    /// <summary>Whether the device may speak; enabled when left out at creation.</summary>
    public DeviceStatus? Status { get; init; }

    /// <summary>Why, at most 128 characters.</summary>
    public string? StatusReason { get; init; }

    /// <summary>How the device proves who it is; <see cref="Devices.AuthenticationType.Sas"/> when left out at creation.</summary>
    public AuthenticationType? AuthenticationType { get; init; }

    /// <summary>A base64 key of 16 to 64 bytes; generated when left out at creation.</summary>
    public string? PrimaryKey { get; init; }

    /// <summary>As <see cref="PrimaryKey"/>.</summary>
    public string? SecondaryKey { get; init; }

    /// <summary>A thumbprint of 40 (SHA-1) or 64 (SHA-256) hex digits; empty to take it away.</summary>
    public string? PrimaryThumbprint { get; init; }

    /// <summary>As <see cref="PrimaryThumbprint"/>.</summary>
    public string? SecondaryThumbprint { get; init; }

    /// <summary>The labels, replacing all that there were.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Keeps the keys out of logs and messages.</summary>
    public override string ToString() => "DeviceChange";
}
