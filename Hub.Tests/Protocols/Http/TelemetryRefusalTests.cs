using System.Net;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;
using static Hub.Tests.Support.Answers;
using static Hub.Tests.Support.Contents;

namespace Hub.Tests.Protocols.Http;

/// <summary>Posts that the hub does not take, and what it says of them.</summary>
public sealed class TelemetryRefusalTests : TelemetryCalls
{
    [Theory]
    [InlineData("a%2Fb", "a%252Fb")]
    [InlineData("100%", "100%25")]
    [InlineData("a:b@c", "a:b@c")]
    [InlineData("it's(1),=!*?$", "it's(1),=!*%3F$")]
    [InlineData("%41", "%2541")]
    [InlineData("CON", "CON")]
    public async Task H10_Post_OddIds_AreDecodedOnce(string id, string inPath)
    {
        var device = await Server.AddDeviceAsync(id);

        using var response = await PostAsync($"/devices/{inPath}/messages/events?api-version=1", ContractServer.TokenOf(device), Bytes("x", "text/plain"));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(id, Assert.Single(Server.Log.Messages).Sender.DeviceId.Value);
    }

    [Theory]
    [InlineData("a%2Fb")]
    [InlineData("a%20b")]
    [InlineData("%E2%80%AEa")]
    [InlineData("a+b")]
    [InlineData("x/../d1")]
    [InlineData("x/%2e%2e/d1")]
    public async Task H10_Post_PathThatNamesNoDevice_IsRefused(string inPath)
    {
        var device = await Server.AddDeviceAsync("d1");
        await Server.AddDeviceAsync("x");

        using var response = await PostAsync($"/devices/{inPath}/messages/events?api-version=1", ContractServer.TokenOf(device), Bytes("x", "text/plain"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(Server.Log.Messages);
    }

    [Fact]
    public async Task Post_WithoutApiVersion_Answers400001()
    {
        var device = await Server.AddDeviceAsync("d1");

        using var response = await PostAsync("/devices/d1/messages/events", ContractServer.TokenOf(device), Bytes("x", "text/plain"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("InvalidProtocolVersion", Code(response));
    }

    [Fact]
    [Trait("Promise", "P-6")]
    public async Task Post_WithoutGenuineCredential_HearsTheSameWhateverTheReason()
    {
        var d1 = await Server.AddDeviceAsync("d1");
        var d2 = await Server.AddDeviceAsync("d2");
        await Server.AddDeviceAsync("off", new DeviceChange { Status = DeviceStatus.Disabled });
        var answers = new List<string>();
        foreach (var (id, token) in new[]
        {
            ("d1", null), ("d1", "SharedAccessSignature nonsense"), ("d1", ContractServer.TokenOf(d2)), ("none", ContractServer.TokenOf(d1)),
            ("off", ContractServer.TokenOf(d1)), ("none", Server.TokenOfPolicy("device")),
        })
        {
            using var response = await PostAsync($"/devices/{id}/messages/events?api-version=1", token, Bytes("x", "text/plain"));
            var body = await JsonAsync(response);
            answers.Add($"{(int)response.StatusCode} {Code(response)} {Text(body, "Message")}");
        }

        Assert.Equal("401 IotHubUnauthorizedAccess ErrorCode:IotHubUnauthorizedAccess;Not authorised.", Assert.Single(answers.Distinct()));
        Assert.Empty(Server.Log.Messages);
    }

    [Fact]
    public async Task Post_Refused_TheReasonStandsInTheHistoryOfTheDevice()
    {
        await Server.AddDeviceAsync("d1");

        using var response = await PostAsync(
            "/devices/d1/messages/events?api-version=1", "SharedAccessSignature sr=localhost%2Fdevices%2Fd1&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D&se=1", Bytes("x", "text/plain"));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var history = Server.Get<IConnectionHistoryStore>();
        IReadOnlyList<ConnectionHistoryEntry> lines = [];
        await Eventually.TrueAsync(async () => (lines = await history.ListAsync(DeviceId.Parse("d1"), TestContext.Current.CancellationToken)).Count > 0);
        var line = Assert.Single(lines);
        Assert.Equal((ConnectionEvent.Refused, "HTTP"), (line.Event, line.Protocol));
        Assert.Contains("Neither key", line.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_TooLargeOrMalformed_TheReasonStandsInTheHistoryOfTheDevice()
    {
        var device = await Server.AddDeviceAsync("d1");
        const string path = "/devices/d1/messages/events?api-version=1";

        using var large = await PostAsync(path, ContractServer.TokenOf(device), Bytes(new string('x', 262_145), "text/plain"));
        using var malformed = await PostAsync(path, ContractServer.TokenOf(device), Bytes("[", "application/vnd.microsoft.iothub.json"));

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.BadRequest), (large.StatusCode, malformed.StatusCode));
        IReadOnlyList<ConnectionHistoryEntry> lines = [];
        await Eventually.TrueAsync(async () =>
            (lines = await Server.Get<IConnectionHistoryStore>().ListAsync(DeviceId.Parse("d1"), TestContext.Current.CancellationToken)).Count == 2);
        Assert.All(lines, line => Assert.Equal((ConnectionEvent.Refused, "HTTP"), (line.Event, line.Protocol)));
        Assert.Contains(lines, line => line.Reason!.Contains("at most 262144 bytes", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Reason!.Contains("JSON", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Promise", "P-1")]
    public async Task Post_StoreFails_Answers503WithRetryAfter()
    {
        Server.Log.Fault = MessageLogFault.Full;
        using var first = await PostAsD1Async(Bytes("x", "text/plain"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, first.StatusCode);
        Assert.Equal("ServiceUnavailable", Code(first));
        var told = await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains(IngestResult.UnavailableToSenders, told, StringComparison.Ordinal);
        Assert.DoesNotContain("says the test", told, StringComparison.Ordinal);
        Assert.NotNull(first.Headers.RetryAfter);
        Assert.Empty(Server.Log.Messages);
    }

    [Fact]
    [Trait("Promise", "P-1")]
    public async Task Post_StoreIsClosed_Answers503WithoutTheInnerReasonAndCountsIt()
    {
        const string path = "/devices/d1/messages/events?api-version=2020-09-30";
        var token = ContractServer.TokenOf(await Server.AddDeviceAsync("d1"));
        Server.Get<IngestGate>().Close("test", "The disk at /inner/place is full.");
        using var refused = await PostAsync(path, token, Bytes("x", "text/plain"));
        Server.Get<IngestGate>().Open("test");
        using var taken = await PostAsync(path, token, Bytes("y", "text/plain"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.NoContent), (refused.StatusCode, taken.StatusCode));
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.DoesNotContain("inner", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Single(Server.Log.Messages);
        Assert.Equal(1, Server.Get<IngestMetrics>().RejectedByReason[IngestMetrics.StoreUnavailable]);
    }
}
