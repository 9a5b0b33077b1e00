using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Operations;
using Hub.Shared.Operations;
using Hub.Tests.Support;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hub.Tests.Operations;

public sealed class OperationsTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ready_BeforeTheDoorsAreOpen_SaysWhichCheckFailsAndNoMore()
    {
        await using var host = await ApiHost.StartAsync(("Hub:Endpoints:Mqtt", "mqtt://127.0.0.1:1883;mqtt://[::1]:1883"), ("Hub:Endpoints:Mqtts", ""), ("Hub:Endpoints:AllowPlainOutsideLoopback", "false"));
        using var client = host.Client();
        var doors = host.Get<IDoorReport>();

        doors.ReportOpen("mqtt", "127.0.0.1", 1883);
        using var before = await client.GetAsync("/health/ready", None);
        doors.ReportOpen("mqtt", "::1", 1883);
        using var after = await client.GetAsync("/health/ready", None);
        using var live = await client.GetAsync("/health/live", None);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK, HttpStatusCode.OK), (before.StatusCode, after.StatusCode, live.StatusCode));
        Assert.Equal("""{"status":"Unhealthy","checks":{"audit":"Healthy","clock":"Healthy","store":"Healthy","doors":"Unhealthy"}}""", await before.Content.ReadAsStringAsync(None));
    }

    [Fact]
    public async Task Ready_StoreCannotBeWritten_IsUnavailableUntilItCan()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.Client();
        var gate = host.Get<IngestGate>();

        gate.Close("disk", "There is no space left in /secret/place.");
        using var closed = await client.GetAsync("/health/ready", None);
        gate.Open("disk");
        using var open = await client.GetAsync("/health/ready", None);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (closed.StatusCode, open.StatusCode));
        Assert.DoesNotContain(host.Logged.Lines, line => line.Category == HealthLog.FrameworkCategory);
        Assert.DoesNotContain("secret", await closed.Content.ReadAsStringAsync(None), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collector_StoreCannotBeWritten_LogsItAndItsReturn()
    {
        await using var host = await ApiHost.StartAsync();
        var gate = host.Get<IngestGate>();

        gate.Close("disk", "There is no space left.");
        await Eventually.TrueAsync(() => host.Logged.Of<HealthLog>().Any(line => line.Level == LogLevel.Error && line.Text.Contains("no space", StringComparison.Ordinal)));
        gate.Open("disk");
        await Eventually.TrueAsync(() => host.Logged.Of<HealthLog>().Any(line => line.Level == LogLevel.Information));

        Assert.Equal(2, host.Logged.Of<HealthLog>().Count);
    }

    [Fact]
    public async Task Overview_AfterMessagesAndConnections_ShowsThem()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        await host.CommitAsync(TestMessages.Append("d1", 3, TestMessages.Text("a"), TestMessages.Text("b")));
        host.Get<IngestMetrics>().Committed(2, 2, TimeSpan.FromMilliseconds(1));
        host.Get<IngestMetrics>().Rejected(IngestMetrics.TooLarge, 1);
        host.Get<SessionTable>().Add(new TestDeviceLink("d1"));
        await Eventually.TrueAsync(() => host.Get<OverviewCollector>().Current() is { Storage.TelemetryBytes: 2 } current && current.MessageRates.Sum() > 0);

        var overview = await client.GetFromJsonAsync<Overview>("/api/v1/overview", None);

        Assert.Equal((2, 1, 1), (overview!.MessagesAccepted, overview.MessagesRejected, overview.RejectedByReason[IngestMetrics.TooLarge]));
        Assert.Equal((1, 1), (overview.ConnectedDevices, overview.ConnectionsByProtocol["MQTT 3.1.1"]));
        Assert.Equal((0, 1), (overview.Partitions[3].FirstSequenceNumber, overview.Partitions[3].LastSequenceNumber));
        Assert.Equal(300, overview.MessageRates.Count);
        Assert.Equal(2, overview.Storage.TelemetryBytes);
        Assert.True(overview.Storage.FreeBytes > 0);
    }

    [Fact]
    public async Task Metrics_Scraped_ShowEveryRoomWithoutDeviceIds()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.Client();
        // Another hub in the same process has figures of its own.
        await using var other = await ApiHost.StartAsync();
        other.Get<SessionTable>().Add(new TestDeviceLink("d1"));
        other.Get<SessionTable>().Add(new TestDeviceLink("d2"));
        host.Get<SessionTable>().Add(new TestDeviceLink("very-own-device"));
        host.Get<IngestMetrics>().Committed(2, 2, TimeSpan.FromMilliseconds(1));
        await host.CommitAsync(TestMessages.Append("very-own-device", 3, TestMessages.Text("a")));

        var text = await client.GetStringAsync("/metrics", None);

        Assert.Contains("hub_d2c_ingress_success", text, StringComparison.Ordinal);
        Assert.Matches(@"^hub_devices_connected\S* 1( |$)", Assert.Single(text.Split('\n'), line => line.StartsWith("hub_devices_connected", StringComparison.Ordinal)));
        Assert.Contains("hub_d2c_partition_last_sequence_number", text, StringComparison.Ordinal);
        Assert.Contains("partition=\"3\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("very-own-device", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hub_WithOwnAuthority_ShowsDoorsAndCertificate()
    {
        await using var host = await ApiHost.StartAsync(("Hub:HostName", "hub.example"));
        using var client = host.AdminClient();
        host.Get<IDoorReport>().ReportOpen("mqtts", "*", 8883);

        var hub = await client.GetFromJsonAsync<HubInfo>("/api/v1/hub", None);

        Assert.Equal(("hub.example", 4), (hub!.HostName, hub.Partitions));
        Assert.StartsWith("-----BEGIN CERTIFICATE-----", hub.CertificateAuthorityPem, StringComparison.Ordinal);
        Assert.Equal(hub.CertificateAuthorityPem, await File.ReadAllTextAsync(hub.CertificateAuthorityPath!, None));
        Assert.Equal(new DoorInfo("mqtts", "*", 8883), Assert.Single(hub.Doors));
    }

    [Fact]
    public async Task OpenApi_Document_NamesEveryOperationAndItsParameters()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.Client();

        var document = await client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", None);

        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
            .ToDictionary(operation => operation.Value.GetProperty("operationId").GetString()!, operation => operation.Value);
        Assert.Equal(
            ["CancelBatch", "CancelDeviceBound", "CountDeadLetters", "CreateDeviceToken", "DeleteDeadLetter", "DeleteDevice", "ExplainDeviceBound",
                "ExportDeadLetters", "GetBatch", "GetDevice", "GetDeviceBound", "GetDeviceBoundBody", "GetDeviceKeys", "GetHub",
                "GetOverview", "GetTelemetryBody", "GroupDeadLetters", "ListAudit", "ListBatchItems", "ListBatches", "ListDeadLetters",
                "ListDeviceBound", "ListDeviceConnections", "ListDeviceQueue", "ListDevices", "ListRefusals", "NoteDeviceBound", "PurgeDeadLetters",
                "PurgeManyDeadLetters", "PutDevice", "QueryTelemetry", "ResubmitDeadLetter", "ResubmitDeadLetters", "RotateDeviceKey", "SendBatch",
                "SendToDevice", "StopBatch", "StreamDeviceBound", "StreamFeedback", "StreamTelemetry"],
            operations.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(9, operations["QueryTelemetry"].GetProperty("parameters").GetArrayLength());
        Assert.Contains(
            operations["ListDevices"].GetProperty("parameters").EnumerateArray(),
            parameter => parameter.GetProperty("name").GetString() == "limit" && parameter.GetProperty("example").ToString() == "100");
    }

    [Fact]
    public async Task Docs_Page_TakesNothingFromElsewhere()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.Client();

        var page = await client.GetStringAsync("/docs/", None);
        var scripts = System.Text.RegularExpressions.Regex.Matches(page, "src=\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToArray();

        Assert.NotEmpty(scripts);
        Assert.DoesNotContain("cdn.", page, StringComparison.OrdinalIgnoreCase);
        Assert.All(scripts, script => Assert.DoesNotContain("//", script, StringComparison.Ordinal));
        foreach (var script in scripts)
        {
            using var answer = await client.GetAsync(new Uri(new Uri(host.Address, "/docs/"), script), None);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }
}
