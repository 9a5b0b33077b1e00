namespace Hub.Portal.Home;

/// <summary>The upper end of the rate chart's axis: a round number a little above the highest rate.</summary>
/// <remarks>It grows at once and shrinks only when the rates have fallen well below it, so that the curve does not jump about.</remarks>
internal sealed class RateScale
{
    private const double Lowest = 10;

    public double Top { get; private set; } = Lowest;

    public void Fit(IReadOnlyList<double> rates)
    {
        var wanted = RoundUp(Math.Max(Lowest, rates.Count == 0 ? 0 : rates.Max() * 1.05));
        if (wanted > Top || wanted <= Top / 2.5)
            Top = wanted;
    }

    // 1, 2, 4, 5 or 10 times a power of ten: each halves into numbers that read well on the axis.
    private static double RoundUp(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return (value / power) switch
        {
            <= 1 => 1,
            <= 2 => 2,
            <= 4 => 4,
            <= 5 => 5,
            _ => 10,
        } * power;
    }
}
