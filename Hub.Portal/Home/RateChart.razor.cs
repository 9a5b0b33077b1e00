using System.Globalization;
using System.Text;
using Hub.Portal.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Home;

/// <summary>Messages a second over the last five minutes, drawn as one SVG path.</summary>
public sealed partial class RateChart
{
    private const int Seconds = 300;
    private const int Width = Seconds - 1;
    private const int Height = 100;
    private readonly RateScale _scale = new();

    /// <summary>One rate a second, the oldest first.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<double> Rates { get; set; }

    [Inject]
    public required IStringLocalizer<OverviewText> Text { get; init; }

    private string Line { get; set; } = string.Empty;

    private string Area { get; set; } = string.Empty;

    private string Summary => Text[
        "ChartSummary",
        Quantity.Rate(Rates.Count == 0 ? 0 : Rates[^1]), Quantity.Rate(Rates.DefaultIfEmpty().Max()), Quantity.Rate(Rates.DefaultIfEmpty().Average())];

    protected override void OnParametersSet()
    {
        _scale.Fit(Rates);
        // A hub younger than five minutes has fewer rates: they stand at the right, where now is.
        var first = Math.Max(0, Rates.Count - Seconds);
        var count = Rates.Count - first;
        if (count == 0)
        {
            (Line, Area) = (string.Empty, string.Empty);
            return;
        }

        var path = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            var y = Height * (1 - (Rates[first + i] / _scale.Top));
            path.Append(i == 0 ? 'M' : 'L')
                .Append(Seconds - count + i).Append(' ')
                .Append(y.ToString("0.##", CultureInfo.InvariantCulture));
        }

        Line = path.ToString();
        Area = string.Create(CultureInfo.InvariantCulture, $"{Line}V{Height}H{Seconds - count}Z");
    }
}
