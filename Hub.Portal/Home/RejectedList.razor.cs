using Hub.Shared.Operations;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Home;

/// <summary>Refused messages by reason.</summary>
public sealed partial class RejectedList
{
    [Parameter, EditorRequired]
    public required Overview Overview { get; set; }

    [Inject]
    public required IStringLocalizer<OverviewText> Text { get; init; }

    /// <summary>A newer hub may know reasons that this page does not: they are shown as they come.</summary>
    private string Words(string reason) => Text["Rejected_" + reason] is { ResourceNotFound: false } words ? words : reason;
}
