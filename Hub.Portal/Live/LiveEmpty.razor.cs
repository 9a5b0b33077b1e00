using Hub.Portal.Components;
using Hub.Portal.Devices;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Live;

/// <summary>Nothing to show yet: how to send the first message, with this hub's names, or that the filter waits.</summary>
public sealed partial class LiveEmpty
{
    private const string Device = "DEVICE";

    private string? _command;

    [Parameter, EditorRequired]
    public required LiveFilter Filter { get; set; }

    [Inject]
    public required IHubInfoClient Hub { get; init; }

    [Inject]
    public required IStringLocalizer<LiveText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    protected override async Task OnInitializedAsync()
    {
        // Without an answer there is no line; the page's own state says when the hub does not answer.
        if ((await Hub.GetAsync(CancellationToken.None)).TryGet(out var hub, out _))
            _command = DeviceSnippets.Mosquitto(hub, Device, AuthenticationType.Sas, token: null);
    }
}
