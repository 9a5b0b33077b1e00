using Hub.Portal.Components;
using Hub.Shared.Api;
using Hub.Shared.Operations;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Refusals;

/// <summary>
/// Who was turned away and why, read anew every few seconds. The hub keeps at most 500 lines, so the text is looked for here.
/// </summary>
public sealed partial class RefusalsPage : IDisposable
{
    private readonly LoadState<Page<Refusal>> _state = new();

    [SupplyParameterFromQuery]
    public string? Q { get; set; }

    [Inject]
    public required IRefusalsClient Client { get; init; }

    [Inject]
    public required Ticker Ticker { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required IStringLocalizer<RefusalsText> Text { get; init; }

    private List<Refusal> Shown => [.. (_state.Value?.Items ?? []).Where(Matches)];

    public void Dispose() => Ticker.Ticked -= OnTicked;

    protected override Task OnInitializedAsync()
    {
        Ticker.Ticked += OnTicked;
        return LoadAsync();
    }

    private Task LoadAsync() => _state.LoadAsync(() => Client.ListAsync(CancellationToken.None));

    private bool Matches(Refusal refusal) => string.IsNullOrWhiteSpace(Q)
        || new[] { refusal.DeviceId?.Value, refusal.Reason, refusal.RemoteAddress, refusal.Protocol, refusal.ConnectionId }
            .Any(text => text?.Contains(Q.Trim(), StringComparison.OrdinalIgnoreCase) ?? false);

    private void Search(string? text) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("q", string.IsNullOrEmpty(text) ? null : text), replace: true);

    private void OnTicked() => _ = InvokeAsync(async () =>
    {
        if (_state.Loading)
            return;
        await LoadAsync();
        StateHasChanged();
    });
}
