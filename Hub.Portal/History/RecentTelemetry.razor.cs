using Hub.Portal.Messages;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.History;

/// <summary>The last messages of a device, for its page.</summary>
public sealed partial class RecentTelemetry : IDisposable
{
    private const int Shown = 20;

    private readonly CancellationTokenSource _gone = new();
    private readonly MessageColumns _columns = MessageColumns.Default(TimeZoneInfo.Local).With(MessageColumn.Device, shown: false);
    private HistoryState _state = null!;
    private MessageRow? _selected;
    private DeviceId _loaded;

    [Parameter, EditorRequired]
    public required DeviceId DeviceId { get; set; }

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

    protected override void OnInitialized() => _state = new HistoryState(Client);

    protected override async Task OnParametersSetAsync()
    {
        if (_loaded == DeviceId)
            return;
        (_loaded, _selected) = (DeviceId, null);
        await LoadAsync();
    }

    private Task LoadAsync() =>
        _state.AskAsync(new TelemetryQuery { DeviceId = DeviceId, Order = TelemetryOrder.Descending, Limit = Shown }, _gone.Token);
}
