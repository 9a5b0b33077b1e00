namespace Hub.Tests.Support;

/// <summary>
/// The machine's time, in which a test can let further time pass at once. What is due meanwhile runs before <see cref="Pass"/> returns.
/// Safe from any thread.
/// </summary>
internal sealed class SteppedTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly HashSet<Timer> _timers = [];
    private TimeSpan _passed;
    private TimeSpan _set;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    private TimeSpan Now => System.GetElapsedTime(0) + Passed;

    private TimeSpan Passed
    {
        get
        {
            lock (_gate)
                return _passed;
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return System.GetUtcNow() + _passed + _set;
    }

    public override long GetTimestamp() => Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Time passes.</summary>
    public void Pass(TimeSpan time)
    {
        Timer[] timers;
        lock (_gate)
        {
            _passed += time;
            timers = [.. _timers];
        }

        foreach (var timer in timers)
            timer.RunIfDue();
    }

    /// <summary>Someone sets the clock: the date jumps by this much, and no time passes.</summary>
    public void SetBy(TimeSpan time)
    {
        lock (_gate)
            _set += time;
    }

    /// <summary>Waits on a timer of the machine, which may be early when time was stepped and late never.</summary>
    private sealed class Timer : ITimer
    {
        private readonly Lock _gate = new();
        private readonly SteppedTime _time;
        private readonly Action _callback;
        private readonly ITimer _machine;
        private TimeSpan? _due;
        private TimeSpan _period;

        public Timer(SteppedTime time, Action callback)
        {
            (_time, _callback) = (time, callback);
            _machine = System.CreateTimer(static timer => ((Timer)timer!).RunIfDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_time._gate)
                _time._timers.Add(this);
            lock (_gate)
            {
                _period = period;
                _due = dueTime == Timeout.InfiniteTimeSpan ? null : _time.Now + dueTime;
                return Arm();
            }
        }

        public void RunIfDue()
        {
            lock (_gate)
            {
                if (_due is not { } due)
                    return;
                if (due > _time.Now)
                {
                    Arm();
                    return;
                }

                _due = _period <= TimeSpan.Zero ? null : _time.Now + _period;
                Arm();
            }

            _callback();
        }

        public void Dispose()
        {
            lock (_time._gate)
                _time._timers.Remove(this);
            lock (_gate)
                _due = null;
            _machine.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private bool Arm()
        {
            if (_due is not { } due)
                return _machine.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            var left = due - _time.Now;
            return _machine.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
