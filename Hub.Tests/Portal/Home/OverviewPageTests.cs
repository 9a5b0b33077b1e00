using System.Net;
using Bunit;
using Hub.Portal.Home;
using Hub.Portal.Streaming;
using Hub.Shared.Api;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Operations;
using Hub.Tests.Portal.Messages;
using Xunit;

namespace Hub.Tests.Portal.Home;

public sealed class OverviewPageTests : PageContext
{
    private const string Asked = $"GET {ApiRoutes.Overview}";

    [Fact]
    public void Render_HubHasNotAnsweredYet_SaysThatItLoads()
    {
        var answer = HubApi.Hold(Asked);
        var page = Render<OverviewPage>();
        Assert.Equal("status", page.Find("[data-testid=loading]").GetAttribute("role"));

        answer.SetResult(FakeHubApi.Response(Figures()));

        page.WaitForElement("[data-testid=rate]");
        Assert.Empty(page.FindAll("[data-testid=loading]"));
    }

    [Fact]
    public void Render_BusyHub_ShowsItsFiguresAndLeadsOn()
    {
        HubApi.Answer(Asked, Figures());

        var page = Render<OverviewPage>();

        page.WaitForAssertion(() => Assert.Contains("7.5", page.Find("[data-testid=rate]").TextContent, StringComparison.Ordinal));
        Assert.Equal("live", page.Find("[data-testid=rate]").GetAttribute("href"));
        Assert.Contains("Version 1.2.3", page.Markup, StringComparison.Ordinal);
        Assert.Contains("1,234,567 accepted since the start", page.Find("[data-testid=accepted]").TextContent, StringComparison.Ordinal);
        Assert.Contains("3of 20", page.Find("[data-testid=connected]").TextContent, StringComparison.Ordinal);
        Assert.Equal("2", page.Find("[data-testid=disabled]").TextContent);
        Assert.Equal("7", page.Find("[data-testid=rejected]").TextContent);
        Assert.Equal(["Rejected messages7", "Too large4", "quota3", "Refused devices and connections11"], page.FindAll("#rejected tbody tr").Select(row => row.TextContent));
        Assert.Equal(["refusals", "refusals", "refusals", "refusals"], page.FindAll("#rejected a").Select(link => link.GetAttribute("href")));
        Assert.Equal("history", page.Find("[data-testid=accepted]").GetAttribute("href"));
        Assert.Equal("live?partition=1", page.FindAll("[data-testid=partition]")[1].QuerySelector("a")?.GetAttribute("href"));
        Assert.Contains("empty", page.FindAll("[data-testid=partition]")[1].TextContent, StringComparison.Ordinal);
        var check = page.Find("[data-testid=health]").TextContent;
        Assert.Contains("Needs attention", check, StringComparison.Ordinal);
        Assert.Contains("The volume fills up.", check, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_NewHub_TeachesHowToConnectTheFirstDevice()
    {
        HubApi.Answer(Asked, Figures() with
        {
            ConnectedDevices = 0,
            TotalDevices = 0,
            ConnectionsByProtocol = new Dictionary<string, int>(),
            MessagesRejected = 0,
            RejectedByReason = new Dictionary<string, long>(),
            MessageRates = [],
        });

        var page = Render<OverviewPage>();

        page.WaitForAssertion(() => Assert.Contains("No device is connected.", page.Markup, StringComparison.Ordinal));
        Assert.Equal("Create a device and connect it", page.Find("a[href='devices?new=true']").TextContent);
        Assert.Equal("0", page.Find("[data-testid=rejected]").TextContent);
    }

    [Fact]
    public void Render_NoneOfTheDevicesIsConnected_LeadsToThem()
    {
        HubApi.Answer(Asked, Figures() with { ConnectedDevices = 0, TotalDevices = 7, ConnectionsByProtocol = new Dictionary<string, int>() });

        var page = Render<OverviewPage>();

        page.WaitForAssertion(() => Assert.Matches(@"No device is connected\.\s+Open one to see how it connects", page.Find(".none").TextContent));
        Assert.Empty(page.FindAll("a[href='devices?new=true']"));
    }

    [Theory]
    [InlineData(39, "Ingest has stopped: less than")]
    [InlineData(79, "Little space is left: ingest stops")]
    public void Render_VolumeFillsUp_SaysWhatHappens(long free, string expected)
    {
        HubApi.Answer(Asked, Figures() with { Storage = new StorageOverview(10, 5, free, 40) });

        var page = Render<OverviewPage>();

        page.WaitForAssertion(() => Assert.Contains(expected, page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public void Retry_AfterFailure_ShowsTheReasonThenTheFigures()
    {
        HubApi.Refuse(Asked, HttpStatusCode.ServiceUnavailable, "The hub is starting.");
        var page = Render<OverviewPage>();
        var said = page.WaitForElement("[role=alert]").TextContent;
        Assert.Contains("The overview could not be read", said, StringComparison.Ordinal);
        Assert.Contains("The hub is starting.", said, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("[data-testid=loading]"));
        HubApi.Answer(Asked, Figures());

        page.Find("[data-testid=retry]").Click();

        page.WaitForElement("[data-testid=rate]");
        Assert.Empty(page.FindAll("[role=alert]"));
    }

    [Fact]
    public void LiveFiguresCome_AfterFailure_TakeThePlaceOfTheError()
    {
        HubApi.Unplug(Asked);
        var page = Render<OverviewPage>();
        page.WaitForElement("[role=alert]");

        Live.Tell(Figures() with { ConnectedDevices = 19 });

        page.WaitForAssertion(() => Assert.Contains("19of 20", page.Find("[data-testid=connected]").TextContent, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("[role=alert]"));
        Assert.Equal(1, HubApi.Count(Asked));
    }

    [Fact]
    public void ConnectionIsLost_FiguresStayAndAreMarkedAsOld()
    {
        HubApi.Answer(Asked, Figures());
        var page = Render<OverviewPage>();
        page.WaitForElement("[data-testid=rate]");
        Assert.Empty(page.FindAll("[data-testid=stale]"));

        Live.Become(LiveConnectionState.Reconnecting);

        Assert.Contains("These figures are from", page.WaitForElement("[data-testid=stale]").TextContent, StringComparison.Ordinal);
        page.Find("[data-testid=rate]");
        Live.Become(LiveConnectionState.Live);
        page.WaitForAssertion(() => Assert.Empty(page.FindAll("[data-testid=stale]")));
    }

    [Fact]
    public async Task Page_IsLeft_WatchesNoLonger()
    {
        HubApi.Answer(Asked, Figures());
        Render<OverviewPage>();
        Assert.Equal(1, Live.Watchers);

        await DisposeComponentsAsync();

        Assert.Equal(0, Live.Watchers);
    }

    private static Overview Figures() => new()
    {
        Time = Telemetry.Noon,
        StartedTime = Telemetry.Noon.AddHours(-1),
        Version = "1.2.3",
        MessagesPerSecond = 7.5,
        MessageRates = [10, 12.5, 15],
        MessagesAccepted = 1_234_567,
        MessagesRejected = 7,
        RejectedByReason = new Dictionary<string, long> { ["too_large"] = 4, ["quota"] = 3 },
        Refusals = 11,
        ConnectedDevices = 3,
        ConnectionsByProtocol = new Dictionary<string, int> { ["MQTT"] = 3 },
        TotalDevices = 20,
        DisabledDevices = 2,
        Partitions =
        [
            new PartitionOverview { Partition = 0, FirstSequenceNumber = 0, LastSequenceNumber = 99, LastEnqueuedTime = Telemetry.Noon },
            new PartitionOverview { Partition = 1, FirstSequenceNumber = 0, LastSequenceNumber = -1 },
        ],
        Queues = new QueuesOverview { Enqueued = 0, Invisible = 0, CompletedInDay = 0, DeadLetteredInDay = new Dictionary<DeadLetterReason, long>(), DeadLetters = 0 },
        Storage = new StorageOverview(1000, 500, 1_000_000, 1000),
        Health = [new HealthCheckOverview("storage", HealthState.Degraded, "The volume fills up.")],
    };
}
