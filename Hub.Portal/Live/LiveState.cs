using Hub.Portal.Messages;
using Hub.Shared.Live;
using Hub.Shared.Messages;

namespace Hub.Portal.Live;

/// <summary>
/// What the live page shows. Owned by the page, one for each, used by its thread only. Holds at most <see cref="ViewCapacity"/> rows that
/// are shown and <see cref="WaitingCapacity"/> that came while the view stood still, so what is being read is never pushed out. The view changes
/// only when it is drawn: what an operator points at is what the state holds.
/// </summary>
public sealed class LiveState : IDisposable
{
    public const int ViewCapacity = 5_000;

    /// <summary>One less than the view holds, which leaves it a row that says what was pushed out.</summary>
    public const int WaitingCapacity = ViewCapacity - 1;

    /// <summary>The rest that the browser has between two drawings, whatever the rate of messages and however long a drawing takes.</summary>
    public static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(100);

    private const int LearntOfBatch = 1;

    /// <summary>A hidden tab draws rarely; it must not gather more than this meanwhile.</summary>
    private const int MaxIncoming = 1_000;

    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly RowRing _view = new(ViewCapacity);
    private readonly RowRing _waiting = new(WaitingCapacity);
    private readonly List<MessageRow> _incoming = [];
    private readonly RateMeter _rates;
    private long _nextNumber;
    private long _lastDrawn;
    private bool _isDue;
    private DateTimeOffset _newestTime;

    public LiveState(TimeProvider clock)
    {
        _clock = clock;
        _rates = new RateMeter(clock);
        _lastDrawn = clock.GetTimestamp();
        _newestTime = clock.GetUtcNow();
        _timer = clock.CreateTimer(_ => Draw(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something to draw; raised at most once in <see cref="DrawInterval"/>.</summary>
    public event Action? Changed;

    public IMessageRows Rows => _view;

    public LiveStatus Status { get; private set; }

    /// <summary>Why the hub refused; null while it did not.</summary>
    public string? Failure { get; private set; }

    /// <summary>The operator stopped the view; only he starts it again.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>The view stands still since something is being read in it.</summary>
    public bool IsFrozen { get; private set; }

    public bool Follows => !IsPaused && !IsFrozen;

    /// <summary>How many messages came since the view stands still.</summary>
    public long NewCount { get; private set; }

    public MessageRow? Selected { get; private set; }

    public KnownNames Names { get; } = new();

    public LiveChart? Chart { get; private set; }

    public LiveRates Rates => _rates.Read();

    /// <summary>Where to go on after a lost connection, as the hub said it last; null before it did.</summary>
    public IReadOnlyDictionary<string, string>? Next { get; private set; }

    /// <summary>How long ago the messages were stored that come next; zero once they come as they are stored.</summary>
    public TimeSpan Behind { get; private set; }

    public void Append(LiveBatch<TelemetryItem> batch)
    {
        Behind = TimeSpan.FromSeconds(batch.BehindSeconds);
        Next = batch.Next;
        _rates.Count(batch.Received, batch.Items.Count, batch.Sampled, batch.Dropped);
        if (batch.Dropped > 0)
            AddGap(MessageGapReason.Missed, batch.Dropped, batch.Items.Count > 0 ? batch.Items[0].EnqueuedTime : _clock.GetUtcNow());

        for (var i = 0; i < batch.Items.Count; i++)
        {
            var item = batch.Items[i];
            _incoming.Add(MessageRow.Of(_nextNumber++, item));
            _newestTime = item.EnqueuedTime;
            Chart?.Add(item);
            if (i < LearntOfBatch)
                Names.Learn(item);
        }

        if (_incoming.Count >= MaxIncoming)
            TakeIncoming();
        Touch();
    }

    /// <summary>Puts a row into the view that says what is missing since the newest message.</summary>
    public void AddGap(MessageGapReason reason, long count, DateTimeOffset until)
    {
        if (_incoming is [.., { Gap: { } gap } newest] && gap.Reason == reason)
            _incoming[^1] = MessageRow.Of(newest.Number, gap with { Count = gap.Count + count, To = until });
        else
            _incoming.Add(MessageRow.Of(_nextNumber++, new MessageGap(reason, count, _newestTime, until)));
        Touch();
    }

    public void SetStatus(LiveStatus status, string? failure = null)
    {
        (Status, Failure) = (status, failure);
        if (status != LiveStatus.Live)
            Behind = TimeSpan.Zero;
        Touch();
    }

    public void Freeze()
    {
        if (IsFrozen)
            return;
        IsFrozen = true;
        Touch();
    }

    public void TogglePause()
    {
        if (IsPaused)
        {
            Resume();
            return;
        }

        IsPaused = true;
        Touch();
    }

    /// <summary>Shows what came and follows the newest again.</summary>
    public void Resume()
    {
        if (!Follows)
            TakeIncoming();
        if (_waiting.Evicted > 0)
            ShowGapInPlaceOfView();
        for (var i = 0; i < _waiting.Count; i++)
            _view.Add(_waiting[i]);
        _waiting.Clear();
        (IsPaused, IsFrozen, NewCount) = (false, false, 0);
        Touch();
    }

    /// <summary>Opens a row, which stops the view; null closes it.</summary>
    public void Select(MessageRow? row)
    {
        if (row?.Item is { } item)
        {
            Names.Learn(item);
            IsFrozen = true;
        }

        Selected = row;
        Touch();
    }

    /// <summary>Shows a message that came another way than by this stream, beside the view, which goes on.</summary>
    public void Open(TelemetryItem item)
    {
        Names.Learn(item);
        Selected = MessageRow.Of(MessageRow.NoNumber, item);
        Touch();
    }

    /// <summary>Draws a number in the bodies over time; null ends it.</summary>
    public void ShowChart(LiveChart? chart)
    {
        Chart = chart;
        TakeIncoming();
        if (chart is not null)
        {
            // A view that stands still is not all there is: what came meanwhile belongs into the line too.
            Draw(_view, chart);
            Draw(_waiting, chart);
        }

        Touch();

        static void Draw(RowRing rows, LiveChart chart)
        {
            for (var i = 0; i < rows.Count; i++)
            {
                if (rows[i].Item is { } item)
                    chart.Add(item);
            }
        }
    }

    /// <summary>Begins anew, for another filter or by the operator's wish. The stream's places and the names seen stay.</summary>
    public void Clear(bool forgetPlaces)
    {
        _view.Clear();
        _waiting.Clear();
        _incoming.Clear();
        if (forgetPlaces)
        {
            Next = null;
            _rates.Reset();
            Chart?.Clear();
        }

        (Selected, NewCount, IsPaused, IsFrozen, _newestTime) = (null, 0, false, false, _clock.GetUtcNow());
        Touch();
    }

    /// <summary>The messages in the view, as they are exported.</summary>
    public IReadOnlyList<TelemetryItem> ShownItems()
    {
        var items = new List<TelemetryItem>(_view.Count);
        for (var i = 0; i < _view.Count; i++)
        {
            if (_view[i].Item is { } item)
                items.Add(item);
        }

        return items;
    }

    public void Dispose() => _timer.Dispose();

    private void TakeIncoming()
    {
        var target = Follows ? _view : _waiting;
        foreach (var row in _incoming)
        {
            target.Add(row);
            if (!Follows && row.Item is not null)
                NewCount++;
        }

        _incoming.Clear();
    }

    private void ShowGapInPlaceOfView()
    {
        var first = _waiting[0];
        var from = _view.Newest?.Item?.EnqueuedTime ?? _newestTime;
        var to = first.Item?.EnqueuedTime ?? first.Gap!.To;
        var gap = new MessageGap(MessageGapReason.PushedOut, _waiting.Evicted, from, to);
        _view.Clear();
        // The number of the last row that was pushed out: it keeps the numbers of the view without holes.
        _view.Add(MessageRow.Of(first.Number - 1, gap));
    }

    private void Touch()
    {
        if (_isDue)
            return;
        _isDue = true;
        var wait = DrawInterval - _clock.GetElapsedTime(_lastDrawn);
        _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void Draw()
    {
        _isDue = false;
        TakeIncoming();
        Changed?.Invoke();
        // From here on, not from the beginning: on a slow machine drawing itself takes long, and the hand must get its turn.
        _lastDrawn = _clock.GetTimestamp();
    }
}
