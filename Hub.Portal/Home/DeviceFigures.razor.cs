using System.Globalization;
using Hub.Shared.Operations;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Home;

/// <summary>How many devices there are, and how they are connected; each number leads to its list.</summary>
public sealed partial class DeviceFigures
{
    [Parameter, EditorRequired]
    public required Overview Overview { get; set; }

    [Inject]
    public required IStringLocalizer<OverviewText> Text { get; init; }

    private string Share(int count) =>
        (100.0 * count / Math.Max(1, Overview.ConnectionsByProtocol.Values.Max())).ToString("0.#", CultureInfo.InvariantCulture);
}
