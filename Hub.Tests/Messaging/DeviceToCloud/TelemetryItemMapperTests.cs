using System.Text.Json;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Messaging.DeviceToCloud;

public sealed class TelemetryItemMapperTests
{
    [Theory]
    [InlineData("{\"t\":1.50}", "application/json", BodyEncoding.Json)]
    [InlineData("{\"t\":1.50}", "Application/JSON; charset=utf-8", BodyEncoding.Json)]
    [InlineData("[1e999999]", "application/cloudevents+json", BodyEncoding.Json)]
    [InlineData("{\"t\":1}", null, BodyEncoding.Utf8)]
    [InlineData("{\"t\":1}", "text/plain", BodyEncoding.Utf8)]
    [InlineData("{\"t\":", "application/json", BodyEncoding.Utf8)]
    [InlineData("", "application/json", BodyEncoding.Utf8)]
    [InlineData("\uFEFF{}", "application/json", BodyEncoding.Utf8)]
    [InlineData("{\"half\":\"\\ud800\"}", "application/json", BodyEncoding.Utf8)]
    [InlineData("grüße", null, BodyEncoding.Utf8)]
    public void ToItem_Body_IsShownInItsForm(string body, string? contentType, BodyEncoding encoding)
    {
        var item = Item(TestMessages.Text(body, contentType));

        Assert.Equal(encoding, item.BodyEncoding);
        Assert.Equal(body, encoding == BodyEncoding.Json ? item.Body.GetRawText() : item.Body.GetString());
        Assert.NotEmpty(JsonSerializer.SerializeToUtf8Bytes(item, Server.Api.TelemetryEndpoints.Json));
    }

    [Fact]
    public void ToItem_InvalidUtf8_IsBase64WhateverTheContentType()
    {
        byte[] bytes = [(byte)'"', 0xFF, 0xC0, (byte)'"'];

        var item = Item(TestMessages.Bytes(bytes, "application/json"));

        Assert.Equal(BodyEncoding.Base64, item.BodyEncoding);
        Assert.Equal(bytes, Convert.FromBase64String(item.Body.GetString()!));
    }

    [Theory]
    [InlineData(32, BodyEncoding.Json)]
    [InlineData(33, BodyEncoding.Utf8)]
    [InlineData(100_000, BodyEncoding.Utf8)]
    public void ToItem_NestedJson_IsJsonUpToItsDepth(int depth, BodyEncoding encoding)
    {
        var item = Item(TestMessages.Text(new string('[', depth) + new string(']', depth), "application/json"));

        Assert.Equal(encoding, item.BodyEncoding);
        Assert.NotEmpty(JsonSerializer.SerializeToUtf8Bytes(new { items = new[] { item } }, Server.Api.TelemetryEndpoints.Json));
    }

    [Fact]
    public void ToItem_Stamps_AreTheHubsOwn()
    {
        var message = TestMessages.Text("x", null, ("connectionDeviceId", "forged"));
        var item = new LoggedMessage(2, 7, DateTimeOffset.UnixEpoch, TestMessages.Sender("real") with { ModelId = "dtmi:m;1" }, message).ToItem();

        Assert.Equal("real", item.SystemProperties[SystemPropertyNames.ConnectionDeviceId]);
        Assert.Equal("forged", item.Properties["connectionDeviceId"]);
        Assert.Equal("dtmi:m;1", item.SystemProperties[SystemPropertyNames.DataSchema]);
        Assert.Equal("Telemetry", item.SystemProperties[SystemPropertyNames.MessageSource]);
        Assert.Equal("1970-01-01T00:00:00.0000000Z", item.SystemProperties[SystemPropertyNames.EnqueuedTime]);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(9, 10)]
    [InlineData(99_999, 100_000)]
    [InlineData(long.MaxValue - 1, long.MaxValue)]
    public void D6_OffsetOf_LaterMessage_IsGreaterAsText(long earlier, long later) =>
        Assert.True(string.CompareOrdinal(TelemetryItemMapper.OffsetOf(earlier), TelemetryItemMapper.OffsetOf(later)) < 0);

    private static TelemetryItem Item(Message message) => new LoggedMessage(0, 0, DateTimeOffset.UnixEpoch, TestMessages.Sender(), message).ToItem();
}
