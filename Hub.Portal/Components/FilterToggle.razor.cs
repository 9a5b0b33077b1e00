using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Components;

/// <summary>Unfolds the rest of a filter bar on a small screen; on a large one all of it is there.</summary>
public sealed partial class FilterToggle
{
    [Parameter]
    public bool Open { get; set; }

    [Parameter]
    public EventCallback<bool> OpenChanged { get; set; }

    [Inject]
    public required IStringLocalizer<CommonText> Text { get; init; }
}
