using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Registry;
using Hub.Server.Security.Tls;
using Hub.Shared.Operations;
using Microsoft.Extensions.Options;

namespace Hub.Server.Operations;

/// <summary>The hub as clients need to know it.</summary>
internal sealed class HubDescription(DoorReport doors, IMessageLog log, IOptions<HubOptions> hub, ServerCertificate certificate)
{
    public async ValueTask<HubInfo> ReadAsync(CancellationToken cancellationToken)
    {
        var authority = File.Exists(certificate.AuthorityPath) ? certificate.AuthorityPath : null;
        return new HubInfo
        {
            HostName = hub.Value.HostName,
            Version = HubVersion.Text,
            Doors = doors.Doors,
            CertificateAuthorityPem = authority is null ? null : await File.ReadAllTextAsync(authority, cancellationToken),
            CertificateAuthorityPath = authority,
            Partitions = log.PartitionCount,
        };
    }
}
