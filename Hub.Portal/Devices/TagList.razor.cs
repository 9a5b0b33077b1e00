using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>A device's labels; a click on one filters by it.</summary>
public sealed partial class TagList
{
    [Parameter, EditorRequired]
    public required IReadOnlyDictionary<string, string> Tags { get; set; }

    [Parameter]
    public int Limit { get; set; } = 50;

    /// <summary>Keeps all in one line, so that rows are of one height.</summary>
    [Parameter]
    public bool OneLine { get; set; }

    /// <summary>A tag was clicked, as <c>name=value</c>.</summary>
    [Parameter]
    public EventCallback<string> Chosen { get; set; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }
}
