using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Bunit;
using Hub.Portal.Api;
using Hub.Portal.Devices;
using Hub.Portal.Live;
using Hub.Portal.Messages;
using Hub.Portal.Session;
using Hub.Portal.Shell;
using Hub.Portal.Streaming;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Hub.Shared.Operations;
using Hub.Tests.Portal.Messages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Portal.Live;

public sealed class LivePageTests : BunitContext
{
    private readonly FakeConnection _connection = new();
    private readonly FakeScreen _screen = new();
    private readonly FakeTelemetry _telemetry = new();
    private readonly FakeHubApi _hubApi = new();

    public LivePageTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddLocalization();
        Services.AddLogging();
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton<ILiveConnection>(_connection);
        Services.AddSingleton<IMessageScreen>(_screen);
        Services.AddSingleton<ITelemetryClient>(_telemetry);
        Services.AddSingleton<LiveStart>();
        Services.AddSingleton<IDevicesClient>(new DevicesClient(new ApiClient(_hubApi.MakeClient(), new SessionTicket())));
        Services.AddSingleton<IHubInfoClient, FakeHub>();
        Services.AddScoped<IBrowser, Browser>();
        Services.AddScoped<ShortcutTable>();
        AddAuthorization();
    }

    [Fact]
    public void MessageComes_ScriptInBody_IsTextAndNothingElse()
    {
        const string evil = "<img src=x onerror=alert(1)><script>alert(2)</script>";
        var page = Render<LivePage>();
        _connection.Send(Telemetry.Text(evil, ("<b>p</b>", evil)));

        page.WaitForAssertion(() => Assert.Contains(evil, page.Find("[data-testid=row]").TextContent, StringComparison.Ordinal));
        _ = _screen.ClickAsync(page, 0);
        page.WaitForAssertion(() => Assert.Contains(evil, page.Find("[data-testid=body-text]").TextContent, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("img, script, b[onerror]"));
    }

    [Fact]
    public void RowIsClicked_MoreCome_ViewStandsAndPillCounts()
    {
        var page = Render<LivePage>();
        _connection.Send(Telemetry.Json("""{"t":1}""", 1));
        page.WaitForElement("[data-testid=row]");
        _ = _screen.ClickAsync(page, 0);
        _connection.Send(Telemetry.Json("""{"t":2}""", 2), Telemetry.Json("""{"t":3}""", 3));

        page.WaitForAssertion(() => Assert.Contains("2 new", page.Find("[data-testid=pill]").TextContent, StringComparison.Ordinal));
        Assert.Single(page.FindAll("[data-testid=row]"));
        page.Find("[data-testid=pill]").Click();
        page.WaitForAssertion(() => Assert.Equal(3, page.FindAll("[data-testid=row]").Count));
    }

    [Fact]
    public async Task Page_IsLeft_StreamEnds()
    {
        Render<LivePage>();
        Assert.Equal(1, _connection.Open);
        await DisposeComponentsAsync();
        await _connection.Ended.WaitAsync(TimeSpan.FromSeconds(5), Xunit.TestContext.Current.CancellationToken);
        Assert.Equal(0, _connection.Open);
    }

    [Fact]
    public void Filter_InUrl_IsAppliedByTheHubAndAnotherDeviceEndsTheFirstStream()
    {
        IsRegistered("a", "b");
        var navigation = Services.GetRequiredService<NavigationManager>();
        navigation.NavigateTo("live?device=a&q=x");
        var page = Render<LivePage>();
        Assert.Equal("a", Assert.Single(_connection.Filter!.DeviceIds!).Value);
        Assert.Equal("x", _connection.Filter.Q);
        _connection.Send(Telemetry.Json("{}", 1, "a"));
        page.WaitForElement("[data-testid=row]");

        navigation.NavigateTo("live?device=b");
        page.WaitForAssertion(() => Assert.Equal("b", Assert.Single(_connection.Filter!.DeviceIds!).Value));
        page.WaitForAssertion(() => Assert.Equal(1, _connection.Open));
        page.WaitForAssertion(() => Assert.Empty(page.FindAll("[data-testid=row]")));
    }

    [Fact]
    public void NothingCame_EmptyState_TeachesTheCommand()
    {
        var page = Render<LivePage>();
        Assert.Contains("mosquitto_pub", page.Find("[data-testid=empty]").TextContent, StringComparison.Ordinal);
        Assert.Contains("-h hub.example -p 8883", page.Find("[data-testid=sample]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Link_ToAMessage_OpensItBesideAViewThatGoesOn()
    {
        IsRegistered("b");
        _telemetry.Stored = [Telemetry.Json("""{"t":7}""", 7, "old", 3)];
        var navigation = Services.GetRequiredService<NavigationManager>();
        navigation.NavigateTo("live?message=3-7");
        var page = Render<LivePage>();

        Assert.Contains("old", page.WaitForElement("[data-testid=detail]").TextContent, StringComparison.Ordinal);
        _connection.Send(Telemetry.Json("{}", 8, "new"));
        page.WaitForElement("[data-testid=row]");

        navigation.NavigateTo("live?device=b&message=3-9");
        page.WaitForElement("[data-testid=missing]");
        page.Find("[data-testid=close-detail]").Click();
        page.WaitForAssertion(() => Assert.EndsWith("live?device=b", navigation.Uri, StringComparison.Ordinal));
    }

    [Fact]
    public async Task MessageIsOpened_StandsInTheUrlUntilItIsClosedOrAllIsCleared()
    {
        var navigation = Services.GetRequiredService<NavigationManager>();
        var page = Render<LivePage>();
        _connection.Send(Telemetry.Json("""{"t":1}""", 1), Telemetry.Json("""{"t":2}""", 2));
        page.WaitForElement("[data-testid=row]");

        await _screen.ClickAsync(page, 0);
        page.WaitForAssertion(() => Assert.EndsWith("?message=0-1", navigation.Uri, StringComparison.Ordinal));
        await _screen.ClickAsync(page, 1);
        page.WaitForAssertion(() => Assert.EndsWith("?message=0-2", navigation.Uri, StringComparison.Ordinal));
        page.Find("[data-testid=clear]").Click();

        page.WaitForAssertion(() => Assert.DoesNotContain("message", navigation.Uri, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("[data-testid=detail]"));
        Assert.Equal(1, _connection.Open);
    }

    [Fact]
    public async Task Chart_StandsInTheUrlAndIsDrawnFromIt()
    {
        var navigation = Services.GetRequiredService<NavigationManager>();
        navigation.NavigateTo("live?chart=$.t&of=b");
        var page = Render<LivePage>();
        page.WaitForElement("[data-testid=chart]");
        _connection.Send(Telemetry.Json("""{"t":1,"u":2}""", 1, "a"), Telemetry.Json("""{"t":2}""", 2, "b"));
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("[data-testid=row]").Count));

        page.Find("[data-testid=close-chart]").Click();
        page.WaitForAssertion(() => Assert.EndsWith("/live", navigation.Uri, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("[data-testid=chart]"));

        await _screen.ClickAsync(page, 0);
        page.WaitForElement("[data-testid=chart-value]").Click();
        page.WaitForAssertion(() => Assert.EndsWith("?message=0-1&chart=$.sent&of=a", Uri.UnescapeDataString(navigation.Uri), StringComparison.Ordinal));
    }

    [Fact]
    public void NothingCame_OfADeviceThatIsNotRegistered_SaysSo()
    {
        _hubApi.Refuse($"GET {ApiRoutes.Device(DeviceId.Parse("ghost"))}", HttpStatusCode.NotFound, "There is no device ghost.");
        IsRegistered("there");
        Services.GetRequiredService<NavigationManager>().NavigateTo("live?device=there&device=ghost");

        var page = Render<LivePage>();

        var unknown = page.WaitForElement("[data-testid=unknown-device]");
        Assert.Contains("No device ghost is registered", unknown.TextContent, StringComparison.Ordinal);
        Assert.Single(page.FindAll("[data-testid=unknown-device]"));
    }

    [Fact]
    public void HubIsAway_SaysThatItConnectsAndTeachesOnceItStands()
    {
        _connection.State = LiveConnectionState.Reconnecting;
        var page = Render<LivePage>();
        Assert.Contains("Connecting to the hub", page.Find("[data-testid=empty]").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("[data-testid=sample]"));

        _connection.Become(LiveConnectionState.Live);

        page.WaitForElement("[data-testid=sample]");
        Assert.Contains("No messages yet", page.Find("[data-testid=empty]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void DeviceFilter_Typed_SuggestsWhatTheHubFinds()
    {
        _hubApi.Answer($"GET {ApiRoutes.Devices}", new DevicePage { Items = [Telemetry.Device("pump-1"), Telemetry.Device("pump-2")], TotalCount = 2 });
        var page = Render<LivePage>();

        page.Find("[data-testid=filter-device]").Input("pump");

        page.WaitForAssertion(() => Assert.Equal(
            ["pump-1", "pump-2"], page.FindAll("[data-testid=suggestions] option").Select(option => option.GetAttribute("value"))));
        Assert.Contains("q=pump", _hubApi.Last($"GET {ApiRoutes.Devices}").Query, StringComparison.Ordinal);
    }

    private void IsRegistered(params string[] ids)
    {
        foreach (var id in ids)
            _hubApi.Answer($"GET {ApiRoutes.Device(DeviceId.Parse(id))}", Telemetry.Device(id));
    }

    private sealed class FakeHub : IHubInfoClient
    {
        public Task<ApiResult<HubInfo>> GetAsync(CancellationToken cancellationToken) => Task.FromResult<ApiResult<HubInfo>>(new HubInfo
        {
            HostName = "hub.example",
            Version = "1",
            Partitions = 4,
            Doors = [new DoorInfo("mqtts", "*", 8883)],
        });
    }

    private sealed class FakeConnection : ILiveConnection
    {
        private Channel<LiveBatch<TelemetryItem>> _batches = Channel.CreateUnbounded<LiveBatch<TelemetryItem>>();

        public event Action? StateChanged;

        public LiveConnectionState State { get; set; } = LiveConnectionState.Live;

        private readonly TaskCompletionSource _ended = new();

        public Task Ended => _ended.Task;

        public int Open { get; private set; }

        public TelemetryFilter? Filter { get; private set; }

        public void Become(LiveConnectionState state)
        {
            State = state;
            StateChanged?.Invoke();
        }

        public void Send(params TelemetryItem[] items) =>
            _batches.Writer.TryWrite(new LiveBatch<TelemetryItem> { Items = items, Received = items.Length, Dropped = 0, Sampled = 0 });

        public void Start()
        {
        }

        public Task StopAsync() => Task.CompletedTask;

        public IAsyncDisposable WatchOverview(Action<Overview> changed) => throw new NotSupportedException();

        public async IAsyncEnumerable<T> StreamAsync<T>(string method, object? argument, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Assert.Equal(nameof(ILiveHub.StreamTelemetry), method);
            Filter = (TelemetryFilter?)argument;
            var batches = _batches = Channel.CreateUnbounded<LiveBatch<TelemetryItem>>();
            Open++;
            try
            {
                await foreach (var batch in batches.Reader.ReadAllAsync(cancellationToken))
                    yield return (T)(object)batch;
            }
            finally
            {
                Open--;
                _ended.TrySetResult();
            }
        }
    }

    private sealed class FakeTelemetry : ITelemetryClient
    {
        public IReadOnlyList<TelemetryItem> Stored { get; set; } = [];

        public Task<ApiResult<byte[]>> GetBodyAsync(int partition, long sequenceNumber, CancellationToken cancellationToken) =>
            Task.FromResult<ApiResult<byte[]>>("{ \"sent\": 1 }"u8.ToArray());

        public Task<ApiResult<Page<TelemetryItem>>> ListAsync(TelemetryQuery query, CancellationToken cancellationToken) =>
            Task.FromResult<ApiResult<Page<TelemetryItem>>>(new Page<TelemetryItem>(Stored, null));

        public Task<ApiResult<List<PartitionOverview>>> ListPartitionsAsync(CancellationToken cancellationToken) =>
            Task.FromResult<ApiResult<List<PartitionOverview>>>(new List<PartitionOverview>());
    }
}
