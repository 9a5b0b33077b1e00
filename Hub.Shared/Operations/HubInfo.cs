namespace Hub.Shared.Operations;

/// <summary>The hub as clients need to know it, for the snippets that the portal shows.</summary>
public sealed record HubInfo
{
    /// <summary>The name that devices and tokens use.</summary>
    public required string HostName { get; init; }

    /// <summary>The version of the server.</summary>
    public required string Version { get; init; }

    /// <summary>The open doors.</summary>
    public required IReadOnlyList<DoorInfo> Doors { get; init; }

    /// <summary>The certificate authority that clients must trust, PEM; null when the operator brought certificates of their own.</summary>
    public string? CertificateAuthorityPem { get; init; }

    /// <summary>Where that file lies on the server; null likewise.</summary>
    public string? CertificateAuthorityPath { get; init; }

    /// <summary>How many partitions the log has.</summary>
    public required int Partitions { get; init; }
}

/// <summary>A door: an address at which the hub listens.</summary>
/// <param name="Protocol">The scheme: <c>http</c>, <c>https</c>, <c>mqtt</c> or <c>mqtts</c>.</param>
/// <param name="Address">The address it is bound to, such as <c>127.0.0.1</c> or <c>*</c>.</param>
/// <param name="Port">The port.</param>
public sealed record DoorInfo(string Protocol, string Address, int Port);
