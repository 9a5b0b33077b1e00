using Microsoft.AspNetCore.Components;

namespace Hub.Portal.Components;

/// <summary>A page's heading with its actions; also names the browser's tab.</summary>
public sealed partial class PageHeader
{
    [Parameter, EditorRequired]
    public required string Title { get; set; }

    /// <summary>Sets the title in the type of ids.</summary>
    [Parameter]
    public bool Mono { get; set; }

    /// <summary>Where this page hangs, as a link back to its list.</summary>
    [Parameter]
    public RenderFragment? Before { get; set; }

    /// <summary>What stands right after the title, such as a state.</summary>
    [Parameter]
    public RenderFragment? Aside { get; set; }

    /// <summary>The actions.</summary>
    [Parameter]
    public RenderFragment? ChildContent { get; set; }
}
