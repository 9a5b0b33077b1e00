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
    private bool _asked;

    [Parameter, EditorRequired]
    public required LiveFilter Filter { get; set; }

    [Parameter, EditorRequired]
    public required LiveStatus Status { get; set; }

    [Inject]
    public required IHubInfoClient Hub { get; init; }

    [Inject]
    public required IStringLocalizer<LiveText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    private string Title => Status switch
    {
        LiveStatus.Connecting => "ConnectingTitle",
        LiveStatus.Reconnecting => "ReconnectingTitle",
        _ => Filter.IsEmpty ? "EmptyTitle" : "Waiting",
    };

    private string Explanation => Status switch
    {
        LiveStatus.Connecting or LiveStatus.Reconnecting => "ConnectingText",
        _ => !Filter.IsEmpty ? "EmptyFiltered" : _command is null ? "EmptyTextBare" : "EmptyText",
    };

    protected override async Task OnParametersSetAsync()
    {
        // Once the hub answers.
        if (Status != LiveStatus.Live || _asked)
            return;
        _asked = true;
        if ((await Hub.GetAsync(CancellationToken.None)).TryGet(out var hub, out _))
            _command = DeviceSnippets.Mosquitto(hub, Device, AuthenticationType.Sas, token: null);
    }
}
