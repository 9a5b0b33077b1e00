using Hub.Portal.Streaming;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Shell;

/// <summary>How the live connection fares.</summary>
public sealed partial class LiveMark : IDisposable
{
    [Inject]
    public required ILiveConnection Live { get; init; }

    [Inject]
    public required IStringLocalizer<ShellText> Text { get; init; }

    private string Words => Text[$"Connection{Live.State}"];

    private string Kind => Live.State switch
    {
        LiveConnectionState.Live => "ok",
        LiveConnectionState.Reconnecting => "warn",
        _ => "off",
    };

    public void Dispose() => Live.StateChanged -= OnStateChanged;

    protected override void OnInitialized() => Live.StateChanged += OnStateChanged;

    private void OnStateChanged() => _ = InvokeAsync(StateHasChanged);
}
