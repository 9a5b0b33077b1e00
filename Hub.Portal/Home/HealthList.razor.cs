using Hub.Shared.Operations;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Home;

/// <summary>Each check with its sentence.</summary>
public sealed partial class HealthList
{
    [Parameter, EditorRequired]
    public required IReadOnlyList<HealthCheckOverview> Health { get; set; }

    [Inject]
    public required IStringLocalizer<OverviewText> Text { get; init; }

    private static string Kind(HealthState state) => state switch
    {
        HealthState.Healthy => "ok",
        HealthState.Degraded => "warn",
        _ => "bad",
    };
}
