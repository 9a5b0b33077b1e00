using Hub.Portal.Api;
using Hub.Portal.Streaming;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Components;

/// <summary>Says in place what failed and why, and offers to try again. When the hub was away, it tries by itself once it is back.</summary>
public sealed partial class ErrorState : IDisposable
{
    /// <summary>What failed.</summary>
    [Parameter, EditorRequired]
    public required string Title { get; set; }

    /// <summary>Why.</summary>
    [Parameter, EditorRequired]
    public required ApiProblem Problem { get; set; }

    [Parameter]
    public EventCallback Retry { get; set; }

    [Inject]
    public required ILiveConnection Live { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Text { get; init; }

    public void Dispose() => Live.StateChanged -= OnStateChanged;

    protected override void OnInitialized() => Live.StateChanged += OnStateChanged;

    private void OnStateChanged()
    {
        if (Live.State == LiveConnectionState.Live && Problem == ApiProblem.Unreachable)
            _ = InvokeAsync(Retry.InvokeAsync);
    }
}
