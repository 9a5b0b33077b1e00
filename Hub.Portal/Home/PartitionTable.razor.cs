using Hub.Shared.Operations;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Home;

/// <summary>The partitions of the log.</summary>
public sealed partial class PartitionTable
{
    [Parameter, EditorRequired]
    public required IReadOnlyList<PartitionOverview> Partitions { get; set; }

    [Inject]
    public required IStringLocalizer<OverviewText> Text { get; init; }
}
