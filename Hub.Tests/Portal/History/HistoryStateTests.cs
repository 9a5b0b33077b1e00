using Bunit;
using Hub.Portal.Api;
using Hub.Portal.History;
using Hub.Portal.Messages;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Shared.Operations;
using Hub.Tests.Portal.Messages;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Portal.History;

public sealed class HistoryStateTests : BunitContext
{
    private readonly FakeTelemetry _telemetry = new();

    public HistoryStateTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddLocalization();
        Services.AddLogging();
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton<ITelemetryClient>(_telemetry);
        Services.AddScoped<IMessageScreen, MessageScreen>();
    }

    [Fact]
    public async Task LoadMore_SecondPage_IsAppendedAndEnds()
    {
        _telemetry.Answers.Enqueue(new Page<TelemetryItem>([Telemetry.Json("{}", 2)], "next"));
        _telemetry.Answers.Enqueue(new Page<TelemetryItem>([Telemetry.Json("{}", 1)], null));
        var state = new HistoryState(_telemetry);

        await state.AskAsync(new TelemetryQuery(), Xunit.TestContext.Current.CancellationToken);
        await state.LoadMoreAsync(Xunit.TestContext.Current.CancellationToken);

        Assert.Equal([2L, 1L], state.Items().Select(item => item.SequenceNumber));
        Assert.Equal("next", _telemetry.Asked[1].Cursor);
        Assert.False(state.HasMore);
    }

    [Fact]
    public async Task LoadMore_PageIsLeft_EndsWithoutAnException()
    {
        using var left = new CancellationTokenSource();
        await left.CancelAsync();
        var state = new HistoryState(_telemetry);

        await state.AskAsync(new TelemetryQuery(), left.Token);

        Assert.Equal(0, state.Count);
        Assert.Null(state.Problem);
    }

    [Fact]
    public async Task LoadMore_HubDoesNotAnswer_SaysSoAndAsksTheSameAgain()
    {
        _telemetry.Answers.Enqueue(ApiProblem.Unreachable);
        _telemetry.Answers.Enqueue(new Page<TelemetryItem>([Telemetry.Json("{}", 1)], null));
        var state = new HistoryState(_telemetry);
        await state.AskAsync(new TelemetryQuery { Q = "x" }, Xunit.TestContext.Current.CancellationToken);
        Assert.Equal(ApiProblem.Unreachable, state.Problem);

        await state.LoadMoreAsync(Xunit.TestContext.Current.CancellationToken);

        Assert.Null(state.Problem);
        Assert.Equal("x", _telemetry.Asked[1].Q);
        Assert.Equal(1, state.Count);
    }

    [Fact]
    public void RecentTelemetry_NothingStored_SaysSoAndLinksOn()
    {
        _telemetry.Answers.Enqueue(new Page<TelemetryItem>([], null));

        var panel = Render<RecentTelemetry>(p => p.Add(r => r.DeviceId, DeviceId.Parse("a%b")));

        panel.Find("[data-testid=recent-empty]");
        Assert.Contains(panel.FindAll("a"), link => link.GetAttribute("href") == "history?device=a%25b");
    }

    [Fact]
    public void RecentTelemetry_DeviceWasActive_ReadsAnewAndAsksForThatDeviceOnly()
    {
        _telemetry.Answers.Enqueue(new Page<TelemetryItem>([Telemetry.Json("""{"t":1}""", 1)], null));
        _telemetry.Answers.Enqueue(new Page<TelemetryItem>([Telemetry.Json("""{"t":2}""", 2), Telemetry.Json("""{"t":1}""", 1)], null));
        var panel = Render<RecentTelemetry>(p => p.Add(r => r.DeviceId, DeviceId.Parse("d1")).Add(r => r.Version, 1));
        Assert.Single(panel.FindAll("[data-testid=row]"));

        panel.Render(p => p.Add(r => r.DeviceId, DeviceId.Parse("d1")).Add(r => r.Version, 2));

        panel.WaitForAssertion(() => Assert.Equal(2, panel.FindAll("[data-testid=row]").Count));
        Assert.All(_telemetry.Asked, asked => Assert.Equal("d1", asked.DeviceId!.Value.Value));
    }

    private sealed class FakeTelemetry : ITelemetryClient
    {
        public Task<ApiResult<byte[]>> GetBodyAsync(int partition, long sequenceNumber, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Queue<ApiResult<Page<TelemetryItem>>> Answers { get; } = new();

        public List<TelemetryQuery> Asked { get; } = [];

        public Task<ApiResult<Page<TelemetryItem>>> ListAsync(TelemetryQuery query, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Asked.Add(query);
            return Task.FromResult(Answers.Dequeue());
        }

        public Task<ApiResult<List<PartitionOverview>>> ListPartitionsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
