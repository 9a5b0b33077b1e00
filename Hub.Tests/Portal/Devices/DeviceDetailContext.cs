using Bunit;
using Hub.Portal.Devices;
using Hub.Portal.Shell;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Shared.Operations;

namespace Hub.Tests.Portal.Devices;

/// <summary>The page of the device d1, which the hub knows and which has sent nothing.</summary>
public abstract class DeviceDetailContext : PageContext
{
    protected const string Path = $"{ApiRoutes.Devices}/d1";
    protected const string Read = $"GET {Path}";
    protected const string Changed = $"PUT {Path}";
    protected const string Deleted = $"DELETE {Path}";
    protected const string Keys = $"GET {Path}/keys";
    protected const string Connections = $"GET {Path}/connections";
    protected const string Messages = $"GET {ApiRoutes.Telemetry}";
    private const string About = $"GET {ApiRoutes.HubInfo}";

    protected DeviceDetailContext()
    {
        HubApi.Answer(Read, Device("d1"));
        HubApi.Answer(Connections, new Page<ConnectionHistoryEntry>([], null));
        HubApi.Answer(Messages, new Page<TelemetryItem>([], null));
        HubApi.Answer(About, new HubInfo
        {
            HostName = "hub.example",
            Version = "1",
            Partitions = 4,
            Doors = [new DoorInfo("mqtts", "*", 8883)],
        });
    }

    private protected (IRenderedComponent<DeviceDetailPage> Page, IRenderedComponent<PortalProviders> Layers) RenderDevice(string id = "d1")
    {
        var layers = RenderLayers();
        return (Render<DeviceDetailPage>(parameters => parameters.Add(page => page.Id, id)), layers);
    }
}
