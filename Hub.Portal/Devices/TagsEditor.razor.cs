using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>Edits labels, one line each.</summary>
public sealed partial class TagsEditor
{
    [Parameter, EditorRequired]
    public required TagsDraft Draft { get; set; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }
}
