using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Shell;

/// <summary>The pages; a bar at the bottom where the window is narrow.</summary>
public sealed partial class NavRail
{
    private bool _narrow;

    [Inject]
    public required IBrowser Browser { get; init; }

    [Inject]
    public required IStringLocalizer<ShellText> Text { get; init; }

    private string Toggle => Text[_narrow ? "ExpandRail" : "CollapseRail"];

    protected override async Task OnInitializedAsync() => _narrow = await Browser.GetRailAsync() == "narrow";

    private async Task ToggleAsync()
    {
        _narrow = !_narrow;
        await Browser.SetRailAsync(_narrow ? "narrow" : "wide");
    }
}
