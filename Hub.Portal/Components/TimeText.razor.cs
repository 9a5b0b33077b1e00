using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Components;

/// <summary>A moment: in words or as local time, with local time and UTC on hover.</summary>
public sealed partial class TimeText : IDisposable
{
    [Parameter, EditorRequired]
    public required DateTimeOffset? Value { get; set; }

    /// <summary>Shows the local time instead of how long ago it was.</summary>
    [Parameter]
    public bool Absolute { get; set; }

    [Inject]
    public required Ticker Ticker { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Text { get; init; }

    public void Dispose() => Ticker.Ticked -= OnTicked;

    protected override void OnInitialized() => Ticker.Ticked += OnTicked;

    private string Shown(DateTimeOffset value) =>
        Absolute ? value.ToLocalTime().ToString(TimeTextExtensions.Format, CultureInfo.InvariantCulture) : Text.Ago(value, Ticker.Now);

    private void OnTicked()
    {
        if (!Absolute)
            _ = InvokeAsync(StateHasChanged);
    }
}
