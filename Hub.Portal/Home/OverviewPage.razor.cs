using System.Globalization;
using Hub.Portal.Components;
using Hub.Portal.Streaming;
using Hub.Shared.Operations;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Home;

/// <summary>The hub at a glance: read once, then told once a second by the live connection.</summary>
public sealed partial class OverviewPage : IAsyncDisposable
{
    private readonly LoadState<Overview> _state = new();
    private IAsyncDisposable? _watch;

    [Inject]
    public required IOverviewClient Client { get; init; }

    [Inject]
    public required ILiveConnection Live { get; init; }

    [Inject]
    public required IStringLocalizer<OverviewText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    // Figures that nothing renews must not look as if they were of now.
    private DateTimeOffset? Stale => Live.State == LiveConnectionState.Reconnecting ? _state.Value?.Time : null;

    public async ValueTask DisposeAsync()
    {
        Live.StateChanged -= OnStateChanged;
        if (_watch is not null)
            await _watch.DisposeAsync();
    }

    protected override async Task OnInitializedAsync()
    {
        Live.StateChanged += OnStateChanged;
        _watch = Live.WatchOverview(OnOverviewChanged);
        await LoadAsync();
    }

    private static string Local(DateTimeOffset time) => time.ToLocalTime().ToString(TimeTextExtensions.Format, CultureInfo.InvariantCulture);

    private Task LoadAsync() => _state.LoadAsync(() => Client.GetAsync(CancellationToken.None));

    private void OnOverviewChanged(Overview overview) => _ = InvokeAsync(() =>
    {
        _state.Set(overview);
        StateHasChanged();
    });

    private void OnStateChanged() => _ = InvokeAsync(StateHasChanged);
}
