using Hub.Portal.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Shell;

/// <summary>The time in UTC, as logs write it; local time on hover.</summary>
public sealed partial class Clock : IDisposable
{
    private DateTimeOffset _now;
    private ITimer? _timer;

    [Inject]
    public required TimeProvider Time { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    public void Dispose() => _timer?.Dispose();

    protected override void OnInitialized()
    {
        _now = Time.GetUtcNow();
        var second = TimeSpan.FromSeconds(1);
        _timer = Time.CreateTimer(_ => InvokeAsync(Tick), null, second - TimeSpan.FromMilliseconds(_now.Millisecond), second);
    }

    private void Tick()
    {
        _now = Time.GetUtcNow();
        StateHasChanged();
    }
}
