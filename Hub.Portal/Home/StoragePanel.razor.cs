using System.Globalization;
using Hub.Portal.Components;
using Hub.Shared.Operations;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Home;

/// <summary>The room that storage takes, and the mark at which ingest stops.</summary>
public sealed partial class StoragePanel
{
    [Parameter, EditorRequired]
    public required StorageOverview Storage { get; set; }

    [Inject]
    public required IStringLocalizer<OverviewText> Text { get; init; }

    private long Used => Storage.TelemetryBytes + Storage.ControlBytes;

    private string Summary => Text["StorageSummary", Quantity.Bytes(Used), Quantity.Bytes(Storage.FreeBytes), Quantity.Bytes(Storage.StopBelowBytes)];

    private string Percent(long bytes) =>
        Math.Clamp(100.0 * bytes / Math.Max(1, Used + Storage.FreeBytes), 0, 100).ToString("0.##", CultureInfo.InvariantCulture);
}
