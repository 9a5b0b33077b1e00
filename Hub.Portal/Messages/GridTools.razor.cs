using System.Globalization;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Messages;

/// <summary>Chooses the columns of a grid and exports what it shows.</summary>
public sealed partial class GridTools
{
    private string? _key;
    private bool _wrong;
    private bool _writing;

    [Parameter, EditorRequired]
    public required MessageColumns Columns { get; set; }

    [Parameter, EditorRequired]
    public required KnownNames Names { get; set; }

    [Parameter]
    public EventCallback<MessageColumns> OnColumns { get; set; }

    /// <summary>The messages in the view.</summary>
    [Parameter, EditorRequired]
    public required Func<IReadOnlyList<TelemetryItem>> Shown { get; set; }

    /// <summary>What an export holds, where that is not all that was asked for.</summary>
    [Parameter]
    public string? ExportNote { get; set; }

    [Inject]
    public required IMessageScreen Screen { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    [Inject]
    public required IStringLocalizer<MessageText> Text { get; init; }

    private IEnumerable<MessageColumn> Offered() =>
        Columns.Items
            .Concat(MessageColumn.BuiltIn)
            .Concat(Names.Paths)
            .Concat(Names.Properties.Select(MessageColumn.Property))
            .Concat(Names.SystemProperties.Select(MessageColumn.SystemProperty))
            .Distinct();

    private async Task AddAsync()
    {
        _wrong = !MessageColumn.TryParse(_key?.Trim(), out var column);
        if (column is null)
            return;
        _key = null;
        await OnColumns.InvokeAsync(Columns.With(column, shown: true));
    }

    private async Task ExportAsync(bool csv)
    {
        _writing = true;
        try
        {
            var items = Shown();
            var bytes = csv
                ? await MessageExport.ToCsvAsync(items, Columns, CancellationToken.None)
                : await MessageExport.ToJsonLinesAsync(items, CancellationToken.None);
            var name = string.Create(CultureInfo.InvariantCulture, $"telemetry-{Time.GetUtcNow():yyyyMMdd-HHmmss}");
            await Screen.DownloadAsync(name + (csv ? ".csv" : ".jsonl"), csv ? "text/csv;charset=utf-8" : "application/x-ndjson", bytes);
        }
        finally
        {
            _writing = false;
        }
    }
}
