using Hub.Portal.Messages;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.History;

/// <summary>The last messages of a device, for its page. What is shown stays until newer ones are there.</summary>
public sealed partial class RecentTelemetry : IDisposable
{
    private const int Shown = 10;

    private readonly CancellationTokenSource _gone = new();
    // The body first: on a narrow screen it is what there is room for.
    private readonly MessageColumns _columns = MessageColumns.Default(TimeZoneInfo.Local).WithDates().With(MessageColumn.Device, shown: false);
    private HistoryState? _state;
    private MessageRow? _selected;
    private (DeviceId Device, long Version) _asked;

    [Parameter, EditorRequired]
    public required DeviceId DeviceId { get; set; }

    /// <summary>Another value means that there may be newer messages.</summary>
    [Parameter]
    public long Version { get; set; }

    [Inject]
    public required ITelemetryClient Client { get; init; }

    [Inject]
    public required IStringLocalizer<HistoryText> Text { get; init; }

    private string Escaped => Uri.EscapeDataString(DeviceId.Value);

    public void Dispose()
    {
        _gone.Cancel();
        _gone.Dispose();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (_asked == (DeviceId, Version))
            return;
        if (_asked.Device != DeviceId)
            (_state, _selected) = (null, null);
        _asked = (DeviceId, Version);
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        var asked = _asked;
        var next = new HistoryState(Client);
        await next.AskAsync(new TelemetryQuery { DeviceId = DeviceId, Order = TelemetryOrder.Descending, Limit = Shown }, _gone.Token);
        if (asked != _asked || next.IsLoading)
            return;
        _state = next;
        _selected = Same(_selected);
    }

    // The rows are new ones: the message that is open is found again among them, and stays open when it has left the list.
    private MessageRow? Same(MessageRow? selected)
    {
        for (var i = 0; selected?.Item is { } item && i < _state?.Count; i++)
        {
            if (_state[i].Item is { } other && other.SequenceNumber == item.SequenceNumber && other.Partition == item.Partition)
                return _state[i];
        }

        return selected;
    }
}
