using Bunit;
using Bunit.TestDoubles;
using Hub.Portal.Devices;
using Hub.Portal.Home;
using Hub.Portal.Messages;
using Hub.Portal.Shell;
using Hub.Portal.Streaming;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Hub.Tests.Portal.Messages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Hub.Tests.Portal;

/// <summary>The portal as it is put together, down to the requests it sends; the hub, the clock, the live connection and the browser are the test's.</summary>
public abstract class PageContext : BunitContext
{
    protected PageContext()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddLogging();
        Services.AddShell(new Uri("http://hub.example/"));
        Services.AddOverview();
        Services.AddDevices();
        Services.AddMessages();
        Services.AddScoped(_ => HubApi.MakeClient());
        Services.AddSingleton<TimeProvider>(Clock);
        Services.AddSingleton<ILiveConnection>(Live);
        Services.AddSingleton<IMessageScreen>(Screen);
        Operator = AddAuthorization();
        Operator.SetAuthorized("admin");
        Operator.SetRoles(OperatorRights.RegistryReadWrite);
    }

    private protected FakeHubApi HubApi { get; } = new();

    private protected FakeLive Live { get; } = new();

    private protected FakeScreen Screen { get; } = new();

    protected FakeTimeProvider Clock { get; } = new(Telemetry.Noon);

    protected BunitAuthorizationContext Operator { get; }

    protected NavigationManager Navigation => Services.GetRequiredService<NavigationManager>();

    /// <summary>The address without the origin.</summary>
    protected string Address => Uri.UnescapeDataString(Navigation.ToBaseRelativePath(Navigation.Uri));

    /// <summary>Where menus and dialogs appear.</summary>
    private protected IRenderedComponent<PortalProviders> RenderLayers() => Render<PortalProviders>();

    private protected static DeviceDetails Device(string id) => Telemetry.Device(id);
}
