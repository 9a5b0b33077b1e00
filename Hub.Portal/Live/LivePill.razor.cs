using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Live;

/// <summary>Counts what came since the view stands still, and shows it when pressed.</summary>
public sealed partial class LivePill
{
    [Parameter, EditorRequired]
    public required LiveState State { get; set; }

    [Inject]
    public required IStringLocalizer<LiveText> Text { get; init; }

    public void Refresh() => StateHasChanged();
}
