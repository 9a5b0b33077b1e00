namespace Hub.Portal.Components;

/// <summary>One timer for all times shown in words, so that a long list does not hold one each.</summary>
public sealed class Ticker : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public Ticker(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(_ => Ticked?.Invoke(), null, Interval, Interval);
    }

    /// <summary>Raised every five seconds.</summary>
    public event Action? Ticked;

    /// <summary>The time.</summary>
    public DateTimeOffset Now => _time.GetUtcNow();

    public void Dispose() => _timer.Dispose();
}
