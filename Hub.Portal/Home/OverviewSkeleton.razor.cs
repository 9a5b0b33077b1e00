using Hub.Portal.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Home;

/// <summary>The overview's outline while its figures are on the way.</summary>
public sealed partial class OverviewSkeleton
{
    [Inject]
    public required IStringLocalizer<CommonText> Text { get; init; }
}
