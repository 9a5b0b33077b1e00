using Hub.Portal.Api;
using Hub.Portal.Messages;
using Hub.Portal.Shell;
using Hub.Portal.Streaming;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Live;

/// <summary>
/// What devices send, as it comes. The filter, the columns, the chart and the open message stand in the URL; leaving the page ends the stream.
/// </summary>
public sealed partial class LivePage : IAsyncDisposable
{
    private LiveState _state = null!;
    private LinkedMessage _link = null!;
    private LiveFilter _filter = new();
    private MessageColumns _columns = MessageColumns.Default(TimeZoneInfo.Local);
    private (LiveStatus, bool, bool, MessageRow?, LiveChart?, bool) _drawn;
    private ApiProblem? _problem;
    private CancellationTokenSource? _running;
    private IAsyncDisposable? _shortcuts;
    private MessageGrid? _grid;
    private MessageDetail? _detail;
    private LiveMeter? _meter;
    private LivePill? _pill;
    private LiveChartView? _chart;
    private ElementReference _separator;
    private ElementReference _pane;
    private bool _gone;

    [SupplyParameterFromQuery(Name = "device")]
    public string[]? Devices { get; set; }

    [SupplyParameterFromQuery(Name = "q")]
    public string? Q { get; set; }

    [SupplyParameterFromQuery(Name = "partition")]
    public int? Partition { get; set; }

    [SupplyParameterFromQuery(Name = "prop")]
    public string[]? Properties { get; set; }

    [SupplyParameterFromQuery(Name = "minutes")]
    public int? Minutes { get; set; }

    [SupplyParameterFromQuery(Name = "col")]
    public string[]? ColumnKeys { get; set; }

    [SupplyParameterFromQuery(Name = MessagePlace.Parameter)]
    public string? Message { get; set; }

    [SupplyParameterFromQuery(Name = "chart")]
    public string? ChartPath { get; set; }

    /// <summary>The only device that the chart draws.</summary>
    [SupplyParameterFromQuery(Name = "of")]
    public string? ChartDevice { get; set; }

    [Inject]
    public required ITelemetryClient Client { get; init; }

    [Inject]
    public required ILiveConnection Connection { get; init; }

    [Inject]
    public required LiveStart Start { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    [Inject]
    public required ILoggerFactory Loggers { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required ShortcutTable Shortcuts { get; init; }

    [Inject]
    public required IMessageScreen Screen { get; init; }

    [Inject]
    public required IStringLocalizer<LiveText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<MessageText> Messages { get; init; }

    private bool IsOpen => (_state.Selected ?? (object?)_link.Missing) is not null;

    public async ValueTask DisposeAsync()
    {
        _gone = true;
        await StopAsync();
        _state.Changed -= OnChanged;
        _state.Dispose();
        if (_shortcuts is not null)
            await _shortcuts.DisposeAsync();
    }

    protected override void OnInitialized()
    {
        _state = new LiveState(Time);
        _state.Changed += OnChanged;
        _link = new LinkedMessage(Client);
    }

    protected override async Task OnParametersSetAsync()
    {
        var columns = MessageColumns.Parse(ColumnKeys, TimeZoneInfo.Local);
        if (!columns.Items.SequenceEqual(_columns.Items))
            _columns = columns;
        var filter = LiveFilter.Parse(Devices, Q, Partition, Properties, Minutes);
        if (_running is not null && filter.Equals(_filter))
            return;
        _filter = filter;
        // Only here: what is opened and drawn on the page is written to the URL, and not read from it again.
        DrawLink();
        await RetryAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        await Screen.MakeResizableAsync(_separator, _pane);
        _shortcuts = await Shortcuts.RegisterAsync(
            new Shortcut("space", Text["Key_pause"], () => InvokeAsync(_state.TogglePause)),
            new Shortcut("j", Text["Key_next"], () => MoveAsync(1)),
            new Shortcut("k", Text["Key_previous"], () => MoveAsync(-1)),
            new Shortcut("enter", Text["Key_open"], OpenAsync),
            new Shortcut("escape", Text["Key_close"], CloseAsync),
            new Shortcut("end", Text["Key_end"], () => InvokeAsync(_state.Resume)));
        if (_gone)
            await _shortcuts.DisposeAsync();
    }

    private async Task RetryAsync()
    {
        await RestartAsync();
        await OpenLinkAsync();
    }

    private async Task RestartAsync()
    {
        await StopAsync();
        _problem = null;
        _state.Clear(forgetPlaces: true);
        var running = _running = new CancellationTokenSource();
        Dictionary<string, string>? from = null;
        if (_filter.Minutes is { } minutes)
        {
            try
            {
                if (!(await Start.FindAsync(minutes, _filter.Partition, running.Token)).TryGet(out from, out _problem))
                    return;
            }
            catch (OperationCanceledException) when (running.IsCancellationRequested)
            {
                // The page was left, or another filter was asked for meanwhile.
                return;
            }
        }

        // Runs beside the page until it is cancelled; what goes wrong ends in the state, not in an exception.
        if (_running == running)
            _ = new LiveReader(Connection, _state, Time, Loggers.CreateLogger<LiveReader>()).RunAsync(_filter, from, running.Token);
    }

    private async Task StopAsync()
    {
        if (_running is not { } running)
            return;
        _running = null;
        await running.CancelAsync();
        running.Dispose();
    }

    private void OnChanged() => InvokeAsync(() =>
    {
        if (_gone)
            return;
        // The frame of the page seldom changes: at each drawing of the stream only what counts and lists is drawn.
        var now = (_state.Status, _state.IsPaused, _state.IsFrozen, _state.Selected, _state.Chart, _state.Rows.Count == 0);
        if (now != _drawn)
        {
            _drawn = now;
            StateHasChanged();
        }
        else
        {
            _grid?.Refresh();
        }

        _meter?.Refresh();
        _pill?.Refresh();
        _chart?.Refresh();
    });

    private void Ask(LiveFilter filter)
    {
        _link.Forget();
        _state.Select(null);
        Navigation.NavigateTo(
            Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>(filter.ToQuery()) { [MessagePlace.Parameter] = null }));
    }

    private void ShowColumns(MessageColumns columns) => Note(("col", columns.Keys()));

    private void ShowChart(JsonPath? path, DeviceId? device = null)
    {
        _state.ShowChart(path is null ? null : new LiveChart(path, device));
        Note(("chart", path?.ToString()), ("of", path is null ? null : device?.Value));
    }

    private void Select(MessageRow? row)
    {
        _link.Forget();
        _state.Select(row);
        Note((MessagePlace.Parameter, row?.Item is { } item ? MessagePlace.Of(item).ToString() : null));
    }

    private void Clear()
    {
        Select(null);
        _state.Clear(forgetPlaces: false);
    }

    /// <summary>Draws the chart that the URL names, or none.</summary>
    private void DrawLink()
    {
        DeviceId? only = DeviceId.TryParse(ChartDevice, out var device) ? device : null;
        if (!JsonPath.TryParse(ChartPath, out var path))
            _state.ShowChart(null);
        else if (_state.Chart is not { } chart || !chart.Path.Equals(path) || chart.Device != only)
            _state.ShowChart(new LiveChart(path, only));
    }

    /// <summary>Shows the message that the URL names.</summary>
    private async Task OpenLinkAsync()
    {
        if (_running is { } running && await _link.FindAsync(Message, running.Token) is { } item)
            _state.Open(item);
    }

    /// <summary>Writes what is shown into the URL, in place of what stood there.</summary>
    private void Note(params (string Name, object? Value)[] parameters) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(parameters.ToDictionary(p => p.Name, p => p.Value)), replace: true);

    private void ReachEnd()
    {
        if (_state is { IsPaused: false, Selected: null })
            _state.Resume();
    }

    private Task MoveAsync(int by) => InvokeAsync(async () =>
    {
        if (_grid is null || _state.Rows.Count == 0)
            return;
        var index = _state.Selected is { Number: >= 0 } selected ? (int)(selected.Number - _state.Rows[0].Number) + by : _grid.FirstInSight();
        while (index >= 0 && index < _state.Rows.Count && _state.Rows[index].Item is null)
            index += by;
        if (index < 0 || index >= _state.Rows.Count)
            return;
        Select(_state.Rows[index]);
        StateHasChanged();
        await _grid.ShowAsync(index);
    });

    private Task OpenAsync() => InvokeAsync(async () =>
    {
        if (_state.Selected is null)
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
