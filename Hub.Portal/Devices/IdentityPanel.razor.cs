using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>Who the device is and how it fares.</summary>
public sealed partial class IdentityPanel
{
    [Parameter, EditorRequired]
    public required DeviceDetails Device { get; set; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }
}
