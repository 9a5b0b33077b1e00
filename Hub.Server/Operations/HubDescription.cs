using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Registry;
using Hub.Shared.Operations;
using Microsoft.Extensions.Options;

namespace Hub.Server.Operations;

/// <summary>The hub as clients need to know it.</summary>
internal sealed class HubDescription(DoorReport doors, IMessageLog log, IOptions<HubOptions> hub, IConfiguration configuration)
{
    private const string OwnCertificateKey = "Hub:Tls:CertificatePath";

    // Where the hub's own authority lies when it made one: it is what a client trusts.
    private readonly string _authorityPath = Path.Combine(hub.Value.FullDataDirectory, "tls", "ca.pem");

    public async ValueTask<HubInfo> ReadAsync(CancellationToken cancellationToken)
    {
        var hasAuthority = string.IsNullOrEmpty(configuration[OwnCertificateKey]) && File.Exists(_authorityPath);
        return new HubInfo
        {
            HostName = hub.Value.HostName,
            Version = HubVersion.Text,
            Doors = doors.Doors,
            CertificateAuthorityPem = hasAuthority ? await File.ReadAllTextAsync(_authorityPath, cancellationToken) : null,
            CertificateAuthorityPath = hasAuthority ? _authorityPath : null,
            Partitions = log.PartitionCount,
        };
    }
}
