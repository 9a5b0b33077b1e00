using Bunit;
using Hub.Portal.Activity;
using Hub.Portal.Api;
using Hub.Portal.Components;
using Hub.Portal.Streaming;
using Hub.Shared.Api;
using Hub.Shared.Operations;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Portal;

public sealed class ActivityPageTests : BunitContext
{
    private readonly FakeActivity _activity = new();

    public ActivityPageTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton<Ticker>();
        Services.AddSingleton<ILiveConnection>(new FakeLive());
        Services.AddSingleton<IActivityClient>(_activity);
        this.AddAuthorization().SetAuthorized("admin");
    }

    [Fact]
    public void Render_NothingDone_TeachesHowToBegin()
    {
        _activity.Answers.Enqueue(new Page<AuditEntry>([], null));

        var page = Render<ActivityPage>();

        Assert.Equal("devices?new=true", page.Find("[data-testid=empty] a").GetAttribute("href"));
    }

    [Fact]
    public void More_SecondPage_IsAppendedAndEnds()
    {
        _activity.Answers.Enqueue(new Page<AuditEntry>([Entry(2, "a%b")], "next"));
        _activity.Answers.Enqueue(new Page<AuditEntry>([Entry(1, "c")], null));
        var page = Render<ActivityPage>();

        page.Find("[data-testid=more]").Click();

        Assert.Equal(2, page.FindAll("[data-testid=entry]").Count);
        Assert.Equal([null, "next"], _activity.Cursors);
        Assert.Empty(page.FindAll("[data-testid=more]"));
        Assert.Equal("devices/a%25b", page.Find("[data-testid=entry] a").GetAttribute("href"));
    }

    [Fact]
    public void Retry_AfterFailure_ShowsTheReasonThenTheEntries()
    {
        _activity.Answers.Enqueue(new ApiProblem(503, "The store is full."));
        _activity.Answers.Enqueue(new Page<AuditEntry>([Entry(1, "c")], null));
        var page = Render<ActivityPage>();
        Assert.Contains("The store is full.", page.Find("[data-testid=error]").TextContent, StringComparison.Ordinal);

        page.Find("[data-testid=retry]").Click();

        Assert.Single(page.FindAll("[data-testid=entry]"));
        Assert.Empty(page.FindAll("[data-testid=error]"));
    }

    private static AuditEntry Entry(long id, string target) => new()
    {
        Id = id,
        Time = DateTimeOffset.UnixEpoch,
        Actor = "admin",
        Action = "device.create",
        Target = target,
        Succeeded = true,
    };

    private sealed class FakeActivity : IActivityClient
    {
        public Queue<ApiResult<Page<AuditEntry>>> Answers { get; } = new();

        public List<string?> Cursors { get; } = [];

        public Task<ApiResult<Page<AuditEntry>>> ListAsync(string? cursor, CancellationToken cancellationToken)
        {
            Cursors.Add(cursor);
            return Task.FromResult(Answers.Dequeue());
        }
    }
}
