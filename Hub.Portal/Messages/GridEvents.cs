using System.Globalization;
using Microsoft.JSInterop;

namespace Hub.Portal.Messages;

/// <summary>What the browser tells a grid.</summary>
/// <param name="scrolled">Where it is scrolled to, how high it is, whether that is the end, whether a hand did it.</param>
/// <param name="clicked">The number of the row, and where the grid was scrolled to.</param>
public sealed class GridEvents(Action<double, double, bool, bool> scrolled, Action<long, double> clicked)
{
    [JSInvokable]
    public void Scrolled(double top, double height, bool atEnd, bool byUser) => scrolled(top, height, atEnd, byUser);

    // The number comes as text: it is a row's attribute.
    [JSInvokable]
    public void Clicked(string number, double top)
    {
        if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
            clicked(parsed, top);
    }
}
