using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>A column's heading that sorts by it.</summary>
public sealed partial class SortButton
{
    [Parameter, EditorRequired]
    public required string Title { get; set; }

    /// <summary>The list is sorted by this column.</summary>
    [Parameter]
    public bool Active { get; set; }

    [Parameter]
    public bool Desc { get; set; }

    [Parameter]
    public EventCallback Clicked { get; set; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }
}
