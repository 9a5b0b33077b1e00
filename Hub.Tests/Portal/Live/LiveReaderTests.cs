using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Hub.Portal.Live;
using Hub.Portal.Messages;
using Hub.Portal.Streaming;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Hub.Shared.Operations;
using Hub.Tests.Portal.Messages;
using Hub.Tests.Support;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Portal.Live;

public sealed class LiveReaderTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(Telemetry.Noon);
    private readonly BrokenConnection _connection = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly LiveState _state;

    public LiveReaderTests() => _state = new LiveState(_clock);

    public void Dispose()
    {
        _state.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task Run_LostForAMoment_GoesOnInEveryPartitionAlsoWhereNothingWasSeen()
    {
        var run = RunAsync();
        _connection.Send(Batch(Telemetry.Json("{}", 41)) with { Next = new Dictionary<string, string> { ["0"] = "42", ["1"] = "7" } });
        await Eventually.TrueAsync(() => _state.Next is not null);

        _connection.Break(new IOException("gone"));
        await Eventually.TrueAsync(() => _state.Status == LiveStatus.Reconnecting);
        await AgainAsync();

        Assert.Equal("""{"0":"42","1":"7"}""", _connection.Filters[1].From!.Value.GetRawText());
        _clock.Advance(LiveState.DrawInterval);
        Assert.DoesNotContain(Rows(), row => row.Gap is not null);
        await EndAsync(run);
    }

    [Fact]
    public async Task Run_LostForLong_BeginsNowAndSaysWhatIsMissing()
    {
        var run = RunAsync();
        _connection.Send(Batch(Telemetry.Json("{}", 41)));
        await Eventually.TrueAsync(() => _state.Next is not null);

        _connection.State = LiveConnectionState.Reconnecting;
        _connection.Break(new IOException("gone"));
        await Eventually.TrueAsync(() => _state.Status == LiveStatus.Reconnecting);
        _clock.Advance(LiveReader.CatchUp + TimeSpan.FromSeconds(1));
        _connection.State = LiveConnectionState.Live;
        await AgainAsync();

        Assert.Null(_connection.Filters[1].From);
        _clock.Advance(LiveState.DrawInterval);
        Assert.Equal(MessageGapReason.Disconnected, Assert.Single(Rows(), row => row.Gap is not null).Gap!.Reason);
        await EndAsync(run);
    }

    [Fact]
    public async Task Run_HubRefuses_FailsWithItsReasonAndDoesNotTryAgain()
    {
        var run = RunAsync();
        _connection.Break(new HubException("An unexpected error occurred invoking 'StreamTelemetry' on the server. HubException: The filter names an unknown partition."));
        await run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal(LiveStatus.Failed, _state.Status);
        Assert.Equal("The filter names an unknown partition.", _state.Failure);
        Assert.Single(_connection.Filters);
    }

    [Fact]
    public async Task Run_HubMissedSome_ShowsARowThatSaysHowMany()
    {
        var run = RunAsync();
        _connection.Send(Batch(Telemetry.Json("{}", 9)) with { Dropped = 7 });
        await Eventually.TrueAsync(() => _state.Next is not null);
        _clock.Advance(LiveState.DrawInterval);

        Assert.Equal(7, Rows()[0].Gap!.Count);
        Assert.Equal(9, Rows()[1].Item!.SequenceNumber);
        await EndAsync(run);
    }

    private static LiveBatch<TelemetryItem> Batch(params TelemetryItem[] items) => new() { Items = items, Received = items.Length, Dropped = 0, Sampled = 0 };

    private Task RunAsync() =>
        new LiveReader(_connection, _state, _clock, NullLogger<LiveReader>.Instance).RunAsync(new LiveFilter(), null, _stop.Token);

    // The reader waits a second before it asks again; the clock is moved until it has.
    private Task AgainAsync() => Eventually.TrueAsync(() =>
    {
        _clock.Advance(TimeSpan.FromMilliseconds(200));
        return _connection.Filters.Count == 2;
    });

    private async Task EndAsync(Task run)
    {
        await _stop.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private List<MessageRow> Rows() => [.. Enumerable.Range(0, _state.Rows.Count).Select(i => _state.Rows[i])];

    private sealed class BrokenConnection : ILiveConnection
    {
        private Channel<LiveBatch<TelemetryItem>> _batches = Channel.CreateUnbounded<LiveBatch<TelemetryItem>>();
        private LiveConnectionState _state = LiveConnectionState.Live;

        public event Action? StateChanged;

        public LiveConnectionState State
        {
            get => _state;
            set
            {
                _state = value;
                StateChanged?.Invoke();
            }
        }

        public List<TelemetryFilter> Filters { get; } = [];

        public void Send(LiveBatch<TelemetryItem> batch) => _batches.Writer.TryWrite(batch);

        public void Break(Exception reason) => _batches.Writer.TryComplete(reason);

        public void Start()
        {
        }

        public Task StopAsync() => Task.CompletedTask;

        public IAsyncDisposable WatchOverview(Action<Overview> changed) => throw new NotSupportedException();

        public async IAsyncEnumerable<T> StreamAsync<T>(string method, object? argument, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            // What was sent before the first question is read by it.
            if (Filters.Count > 0)
                _batches = Channel.CreateUnbounded<LiveBatch<TelemetryItem>>();
            Filters.Add((TelemetryFilter)argument!);
            await foreach (var batch in _batches.Reader.ReadAllAsync(cancellationToken))
                yield return (T)(object)batch;
        }
    }
}
