using System.Globalization;
using Hub.Portal.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Shell;

/// <summary>The local time, as all pages show it, with its distance from UTC; both on hover.</summary>
public sealed partial class Clock : IDisposable
{
    private DateTimeOffset _now;
    private ITimer? _timer;

    [Inject]
    public required TimeProvider Time { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    private string Zone => _now.ToLocalTime().Offset switch
    {
        { Ticks: 0 } => "UTC",
        var offset => string.Create(
            CultureInfo.InvariantCulture,
            $"UTC{(offset < TimeSpan.Zero ? '\u2212' : '+')}{Math.Abs(offset.Hours)}{(offset.Minutes == 0 ? string.Empty : offset.ToString("\\:mm", CultureInfo.InvariantCulture))}"),
    };

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
