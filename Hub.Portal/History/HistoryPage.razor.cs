using System.Globalization;
using Hub.Portal.Messages;
using Hub.Portal.Shell;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.History;

/// <summary>
/// Stored telemetry by device, partition, time and text, a page after the other. What is asked, the columns and the open message stand in
/// the URL.
/// </summary>
public sealed partial class HistoryPage : IAsyncDisposable
{
    private const int PageSize = 200;

    private HistoryState _state = null!;
    private LinkedMessage _link = null!;
    private MessageColumns _columns = MessageColumns.Default(TimeZoneInfo.Local).WithDates();
    private TelemetryQuery? _asked;
    private MessageRow? _selected;
    private CancellationTokenSource _running = new();
    private IAsyncDisposable? _shortcuts;
    private MessageGrid? _grid;
    private MessageDetail? _detail;
    private ElementReference _separator;
    private ElementReference _pane;
    private string? _q;
    private string? _device;
    private int? _partition;
    private DateTime? _from;
    private DateTime? _to;
    private string _order = "desc";
    private string? _wrong;
    private bool _open;
    private bool _gone;

    [SupplyParameterFromQuery(Name = "device")]
    public string? Device { get; set; }

    [SupplyParameterFromQuery(Name = "partition")]
    public int? Partition { get; set; }

    [SupplyParameterFromQuery(Name = "from")]
    public string? From { get; set; }

    [SupplyParameterFromQuery(Name = "to")]
    public string? To { get; set; }

    [SupplyParameterFromQuery(Name = "q")]
    public string? Q { get; set; }

    [SupplyParameterFromQuery(Name = "order")]
    public string? Order { get; set; }

    [SupplyParameterFromQuery(Name = "col")]
    public string[]? ColumnKeys { get; set; }

    [SupplyParameterFromQuery(Name = MessagePlace.Parameter)]
    public string? Message { get; set; }

    [Inject]
    public required ITelemetryClient Client { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required ShortcutTable Shortcuts { get; init; }

    [Inject]
    public required IMessageScreen Screen { get; init; }

    [Inject]
    public required IStringLocalizer<HistoryText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<MessageText> Messages { get; init; }

    private bool IsOpen => (_selected ?? (object?)_link.Missing) is not null;

    /// <summary>The live view with the same questions, as far as it has them.</summary>
    private string LiveAddress => Navigation.GetUriWithQueryParameters("live", new Dictionary<string, object?>
    {
        ["device"] = string.IsNullOrEmpty(Device) ? null : Device,
        ["partition"] = _asked?.Partition,
        ["q"] = _asked?.Q,
    });

    private string CountText => _state switch
    {
        { IsLoading: true } => Text["Loading"],
        { Count: 1 } => Text["CountOne"],
        _ => Text["Count", _state.Count.ToString("N0", CultureInfo.InvariantCulture)],
    };

    private bool IsNarrowed => _asked is { } asked && (asked.DeviceId ?? (object?)asked.Partition ?? asked.From ?? asked.To ?? (object?)asked.Q) is not null;

    public async ValueTask DisposeAsync()
    {
        _gone = true;
        await _running.CancelAsync();
        _running.Dispose();
        if (_shortcuts is not null)
            await _shortcuts.DisposeAsync();
    }

    protected override void OnInitialized() => (_state, _link) = (new HistoryState(Client), new LinkedMessage(Client));

    protected override async Task OnParametersSetAsync()
    {
        var columns = MessageColumns.Parse(ColumnKeys, TimeZoneInfo.Local).WithDates();
        if (!columns.Items.SequenceEqual(_columns.Items))
            _columns = columns;

        var query = new TelemetryQuery
        {
            DeviceId = DeviceId.TryParse(Device, out var id) ? id : null,
            Partition = Partition is >= 0 ? Partition : null,
            From = Moment(From),
            To = Moment(To),
            Q = string.IsNullOrWhiteSpace(Q) ? null : Q,
            Order = Order == "asc" ? TelemetryOrder.Ascending : TelemetryOrder.Descending,
            Limit = PageSize,
        };
        // What is typed and not yet asked stays when only the open message or the columns changed.
        if (query != _asked)
        {
            (_q, _device, _partition, _order) = (query.Q, Device, query.Partition, Order == "asc" ? "asc" : "desc");
            (_from, _to) = (query.From?.LocalDateTime, query.To?.LocalDateTime);
        }

        _wrong = !string.IsNullOrEmpty(Device) && query.DeviceId is null ? "WrongDevice" : query.From >= query.To ? "WrongTimes" : null;
        // What is set is in sight also where the rest folds away.
        _open |= (Device ?? From ?? To ?? Order ?? (object?)query.Partition) is not null;
        if (query == _asked || _wrong is not null)
            return;

        _asked = query;
        _selected = null;
        await _running.CancelAsync();
        _running.Dispose();
        _running = new CancellationTokenSource();
        // Only here: what is opened on the page is written to the URL, and not read from it again.
        await Task.WhenAll(_state.AskAsync(query, _running.Token), OpenLinkAsync());
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        await Screen.MakeResizableAsync(_separator, _pane);
        _shortcuts = await Shortcuts.RegisterAsync(
            new Shortcut("j", Messages["Key_next"], () => MoveAsync(1)),
            new Shortcut("k", Messages["Key_previous"], () => MoveAsync(-1)),
            new Shortcut("enter", Messages["Key_open"], OpenAsync),
            new Shortcut("escape", Messages["Key_close"], CloseAsync));
    }

    private static DateTimeOffset? Moment(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static string? Text8601(DateTime? local) =>
        local is { } time ? new DateTimeOffset(time, TimeZoneInfo.Local.GetUtcOffset(time)).UtcDateTime.ToString("O", CultureInfo.InvariantCulture) : null;

    private void Ask()
    {
        _link.Forget();
        _selected = null;
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
        {
            ["device"] = string.IsNullOrWhiteSpace(_device) ? null : _device.Trim(),
            ["partition"] = _partition is >= 0 ? _partition : null,
            ["q"] = string.IsNullOrWhiteSpace(_q) ? null : _q,
            ["from"] = Text8601(_from),
            ["to"] = Text8601(_to),
            ["order"] = _order == "asc" ? "asc" : null,
            [MessagePlace.Parameter] = null,
        }));
    }

    private void ShowColumns(MessageColumns columns) => Note("col", columns.Keys());

    /// <summary>Shows the message that the URL names.</summary>
    private async Task OpenLinkAsync()
    {
        if (await _link.FindAsync(Message, _running.Token) is { } item)
            _selected = MessageRow.Of(MessageRow.NoNumber, item);
    }

    /// <summary>Writes what is shown into the URL, in place of what stood there.</summary>
    private void Note(string name, object? value) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { [name] = value }), replace: true);

    private async Task MoreAsync()
    {
        if (_gone)
            return;
        await _state.LoadMoreAsync(_running.Token);
        StateHasChanged();
    }

    private void Select(MessageRow? row)
    {
        _link.Forget();
        _selected = row;
        Note(MessagePlace.Parameter, row?.Item is { } item ? MessagePlace.Of(item).ToString() : null);
        StateHasChanged();
    }

    private Task MoveAsync(int by) => InvokeAsync(async () =>
    {
        var index = _selected is { Number: >= 0 } row ? (int)row.Number + by : _grid?.FirstInSight() ?? -1;
        if (_grid is null || index < 0 || index >= _state.Count)
            return;
        Select(_state[index]);
        await _grid.ShowAsync(index);
    });

    private Task OpenAsync() => InvokeAsync(async () =>
    {
        if (_selected is null)
            await MoveAsync(1);
        if (_detail is not null)
            await _detail.FocusAsync();
    });

    private Task CloseAsync() => InvokeAsync(async () =>
    {
        if (!IsOpen)
            return;
        Select(null);
        if (_grid is not null)
            await _grid.FocusAsync();
    });
}
