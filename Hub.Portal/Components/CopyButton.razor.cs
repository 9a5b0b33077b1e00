using Hub.Portal.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Components;

/// <summary>Copies a text; says for two seconds that it did.</summary>
public sealed partial class CopyButton : IDisposable
{
    private static readonly TimeSpan Shown = TimeSpan.FromSeconds(2);
    private bool? _outcome;
    private ITimer? _timer;

    /// <summary>What is copied.</summary>
    [Parameter, EditorRequired]
    public required string Value { get; set; }

    /// <summary>Makes what is copied when it is asked for, in place of <see cref="Value"/>; null from it copies nothing.</summary>
    [Parameter]
    public Func<Task<string?>>? Make { get; set; }

    /// <summary>What it is, for the button's title.</summary>
    [Parameter, EditorRequired]
    public required string What { get; set; }

    /// <summary>Text beside the icon; none when null.</summary>
    [Parameter]
    public string? Label { get; set; }

    [Parameter]
    public string IconName { get; set; } = IconPath.Copy;

    [Parameter]
    public bool Tiny { get; set; } = true;

    [Parameter]
    public string? TestId { get; set; }

    [Inject]
    public required IBrowser Browser { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Text { get; init; }

    private string Title => Text["CopyWhat", What];

    private string? Outcome => _outcome is { } copied ? Text[copied ? "Copied" : "CopyFailed"].Value : null;

    public void Dispose() => _timer?.Dispose();

    private async Task CopyAsync()
    {
        if ((Make is null ? Value : await Make()) is not { } value)
            return;
        _outcome = await Browser.CopyAsync(value);
        _timer?.Dispose();
        _timer = Time.CreateTimer(_ => InvokeAsync(Forget), null, Shown, Timeout.InfiniteTimeSpan);
    }

    private void Forget()
    {
        _outcome = null;
        StateHasChanged();
    }
}
