using System.Globalization;

namespace Hub.Cli.Simulate;

/// <summary>
/// What one device measures: a temperature that follows the time of day, humidity against it, a battery that empties and is
/// changed, and noise. The same device and the same times give the same readings.
/// </summary>
#pragma warning disable CA5394 // Readings are no secrets; they shall be the same for the same device.
internal sealed class TelemetryModel(int index)
{
    private const double AlertAbove = 27;
    private const double BatteryPerMessage = 0.02;
    private const string JsonBag = "$.ct=application%2Fjson&$.ce=utf-8";

    private readonly Random _random = new(index);
    private readonly double _base = 18 + (index * 7 % 50 / 10.0);
    private double _battery = 100 - (index * 13 % 60);

    public Reading Next(DateTimeOffset time)
    {
        // Warmest at 15:00.
        var day = Math.Cos((time.TimeOfDay.TotalHours - 15) / 24 * 2 * Math.PI);
        var temperature = _base + (5 * day) + Noise(0.4);
        var humidity = Math.Clamp(55 - (12 * day) + Noise(2), 5, 100);
        _battery = _battery <= 5 ? 100 : _battery - (BatteryPerMessage * _random.NextDouble());
        var json = string.Create(CultureInfo.InvariantCulture, $$"""{"temperature":{{temperature:0.00}},"humidity":{{humidity:0.0}},"battery":{{_battery:0.0}}}""");
        return new Reading(json, temperature > AlertAbove ? JsonBag + "&alert=high-temperature" : JsonBag);
    }

    /// <summary>Near enough to a normal distribution.</summary>
    private double Noise(double width) => width * (_random.NextDouble() + _random.NextDouble() + _random.NextDouble() - 1.5);
}

/// <summary>A message's body and its property bag.</summary>
internal sealed record Reading(string Json, string PropertyBag);
