using Microsoft.AspNetCore.Components;

namespace Hub.Portal.Components;

/// <summary>Stands where a list would, and says how to fill it.</summary>
public sealed partial class EmptyState
{
    [Parameter, EditorRequired]
    public required string Title { get; set; }

    [Parameter]
    public string? Text { get; set; }

    [Parameter]
    public string IconName { get; set; } = IconPath.Info;

    /// <summary>The one command or button that fills the list.</summary>
    [Parameter]
    public RenderFragment? ChildContent { get; set; }
}
