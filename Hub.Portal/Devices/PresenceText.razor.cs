using Hub.Portal.Components;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>Whether a device is connected, or when it was last heard: a sleeping device is no fault.</summary>
public sealed partial class PresenceText
{
    [Parameter, EditorRequired]
    public required DeviceDetails Device { get; set; }

    /// <summary>Whether it has to be understood without the heading of a column.</summary>
    [Parameter]
    public bool Whole { get; set; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }
}
