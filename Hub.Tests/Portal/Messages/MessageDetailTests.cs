using System.Net;
using Bunit;
using Hub.Portal.Components;
using Hub.Portal.Messages;
using Hub.Shared.Api;
using Hub.Shared.Messages;
using Xunit;

namespace Hub.Tests.Portal.Messages;

public sealed class MessageDetailTests : PageContext
{
    private static readonly TelemetryItem Sent = Telemetry.Json("""{"a":1}""", 41);
    private static readonly string Asked = $"GET {ApiRoutes.TelemetryBody(Sent.Partition, 41)}";

    [Fact]
    public async Task Json_Opened_ShowsTheBytesAsTheyWereSent()
    {
        var bytes = HubApi.Hold(Asked);
        var detail = Render<MessageDetail>(parameters => parameters.Add(pane => pane.Item, Sent));

        await ShowAsync(detail, "hex");
        Assert.Contains("Reading the bytes", detail.WaitForElement("[data-testid=no-bytes]").TextContent, StringComparison.Ordinal);
        bytes.SetResult(new HttpResponseMessage { Content = new ByteArrayContent("{ \"a\" : 1 }"u8.ToArray()) });

        detail.WaitForAssertion(() => Assert.Equal("11 bytes", detail.Find("[data-testid=size]").TextContent));
        Assert.StartsWith("00000000  7b 20 22 61  22 20 3a 20  { \"a\" : \n00000008  31 20 7d", detail.Find("[data-testid=body-text]").TextContent, StringComparison.Ordinal);
        var download = detail.Find("[data-testid=download-body]");
        Assert.Equal((ApiRoutes.TelemetryBody(Sent.Partition, 41), $"message-{Sent.Partition}-41.json"), (download.GetAttribute("href"), download.GetAttribute("download")));
    }

    [Fact]
    public async Task Json_BytesNotKeptAnyMore_SaysSoAndStaysReadable()
    {
        HubApi.Refuse(Asked, HttpStatusCode.NotFound, "It is not kept any more.");
        var detail = Render<MessageDetail>(parameters => parameters.Add(pane => pane.Item, Sent));

        await ShowAsync(detail, "base64");

        detail.WaitForAssertion(() => Assert.Contains("It is not kept any more.", detail.Find("[data-testid=no-bytes]").TextContent, StringComparison.Ordinal));
        await ShowAsync(detail, "text");
        Assert.Contains("\"a\": 1", detail.WaitForElement("[data-testid=body-text]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void HalfACharacterInJson_Opened_IsShownAsText()
    {
        var detail = Render<MessageDetail>(parameters => parameters.Add(pane => pane.Item, Telemetry.Text("""{"a":"x\ud800y"}""")));

        Assert.Contains("""x\ud800y""", detail.Find("[data-testid=body-text]").TextContent, StringComparison.Ordinal);
        Assert.Empty(detail.FindAll("[data-testid=view-tree]"));
    }

    [Fact]
    public void Message_Opened_LeadsToItsDeviceAndCarriesALinkToItselfAmongItsNeighbours()
    {
        var sent = Telemetry.Text("x") with { DeviceId = Shared.Devices.DeviceId.Parse("it's(1)%"), SequenceNumber = 41, Partition = 3 };
        var detail = Render<MessageDetail>(parameters => parameters.Add(pane => pane.Item, sent));

        Assert.Equal("devices/it%27s%281%29%25", detail.Find("h2 a").GetAttribute("href"));
        var link = new Uri(detail.FindComponents<CopyButton>().Single(button => button.Instance.TestId == "copy-link").Instance.Value);
        Assert.Equal("/history", link.AbsolutePath);
        Assert.Equal("?device=it's(1)%&to=2026-01-02T12:00:01.0010000Z&message=3-41", Uri.UnescapeDataString(link.Query));
    }

    /// <summary>Found and clicked in one turn: the answer may draw the pane anew at any moment.</summary>
    private static Task ShowAsync(IRenderedComponent<MessageDetail> detail, string view) =>
        detail.InvokeAsync(() => detail.Find($"[data-testid=view-{view}]").Click());
}
