using Microsoft.AspNetCore.Components;

namespace Hub.Portal.Components;

/// <summary>One of our line icons; decoration only, text always stands beside it or in the control's label.</summary>
public sealed partial class Icon
{
    /// <summary>The path, out of <see cref="IconPath"/>.</summary>
    [Parameter, EditorRequired]
    public required string Name { get; set; }

    /// <summary>Width and height in pixels.</summary>
    [Parameter]
    public int Size { get; set; } = 16;
}
