using System.Text;
using Hub.Portal.Api;
using Hub.Portal.Components;
using Hub.Shared.Devices;
using Hub.Shared.Operations;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>Ready-to-paste ways to connect this device; the one that is shown is in the address.</summary>
public sealed partial class ConnectPanel
{
    private static readonly string[] Ways = ["Mosquitto", "Node", "Curl"];
    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(1);
    private readonly LoadState<HubInfo> _hub = new();
    private DeviceToken? _token;
    private string? _connectionString;
    private ApiProblem? _problem;
    private bool _busy;

    [Parameter, EditorRequired]
    public required DeviceDetails Device { get; set; }

    [SupplyParameterFromQuery(Name = "connect")]
    public string? Chosen { get; set; }

    [Inject]
    public required IDevicesClient Client { get; init; }

    [Inject]
    public required IHubInfoClient HubClient { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    private string Way => Array.Find(Ways, way => string.Equals(way, Chosen, StringComparison.OrdinalIgnoreCase)) ?? Ways[0];

    // A placeholder pasted into a terminal is refused there, far from the button that would have filled it.
    private bool IsFilled => Device.AuthenticationType != AuthenticationType.Sas || (Way == "Node" ? _connectionString : _token?.Token) is not null;

    protected override Task OnInitializedAsync() => LoadAsync();

    private Task LoadAsync() => _hub.LoadAsync(() => HubClient.GetAsync(CancellationToken.None));

    private string? Snippet(HubInfo hub) => Way switch
    {
        "Node" => DeviceSnippets.Node(hub, Device, _connectionString),
        "Curl" => DeviceSnippets.Curl(hub, Device, _token?.Token),
        _ => DeviceSnippets.Mosquitto(hub, Device, _token?.Token),
    };

    private void Choose(string way)
    {
        _problem = null;
        Navigation.NavigateTo(
            Navigation.GetUriWithQueryParameter("connect", way == Ways[0] ? null : way.ToLowerInvariant()), replace: true);
    }

    /// <summary>The file in an address of its own: it is at hand already, and the browser saves it.</summary>
    private static string PemAddress(string pem) => "data:application/x-pem-file;base64," + Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));

    private async Task<string?> FillAndTellAsync()
    {
        await FillAsync();
        StateHasChanged();
        return _problem is null ? Snippet(_hub.Value!) : null;
    }

    private async Task FillAsync()
    {
        _busy = true;
        if (Way == "Node")
        {
            var keys = await Client.GetKeysAsync(Device.DeviceId, CancellationToken.None);
            (_connectionString, _problem) = (keys.Value?.ConnectionString, keys.Problem);
        }
        else
        {
            var token = await Client.CreateTokenAsync(Device.DeviceId, TokenLife, CancellationToken.None);
            (_token, _problem) = (token.Value, token.Problem);
        }

        _busy = false;
    }
}
