using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>A page of devices; an outline while they are on the way.</summary>
public sealed partial class DeviceTable
{
    /// <summary>The devices; null while nothing is known.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<DeviceDetails>? Devices { get; set; }

    /// <summary>What is shown is about to be replaced.</summary>
    [Parameter]
    public bool Busy { get; set; }

    [Parameter]
    public DeviceSort Sort { get; set; }

    [Parameter]
    public bool Desc { get; set; }

    [Parameter]
    public EventCallback<DeviceSort> SortChanged { get; set; }

    /// <summary>A tag was clicked, as <c>name=value</c>.</summary>
    [Parameter]
    public EventCallback<string> TagChosen { get; set; }

    /// <summary>A device was changed or deleted; says what happened.</summary>
    [Parameter]
    public EventCallback<string> Changed { get; set; }

    /// <summary>A change was refused.</summary>
    [Parameter]
    public EventCallback<DeviceFault> Failed { get; set; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    private string AriaSort(DeviceSort sort) => sort != Sort ? "none" : Desc ? "descending" : "ascending";
}
