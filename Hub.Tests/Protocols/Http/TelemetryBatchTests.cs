using System.Net;
using System.Text;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Messages;
using Xunit;
using static Hub.Tests.Support.Contents;

namespace Hub.Tests.Protocols.Http;

/// <summary>Many messages in one post.</summary>
public sealed class TelemetryBatchTests : TelemetryCalls
{
    [Fact]
    public async Task Post_Batch_StoresEachInOrder()
    {
        using var response = await PostAsD1Async(Bytes(
            """
            [{"body":"AAH/","properties":{"iothub-messageid":"1","iothub-app-temp":"20","iothub-app-iothub-creation-time-utc":"2020-01-01T00:00:00Z"}},
             {"body":"text","base64Encoded":false,"properties":{"iothub-app-n":5,"iothub-app-t":true}},
             {"body":""}]
            """,
            Batch + "; charset=utf-8"));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        var messages = Server.Log.Messages;
        Assert.Equal([0, 1, 2], messages.Select(message => message.SequenceNumber));
        Assert.Equal([0, 1, 255], messages[0].Message.Body.ToArray());
        Assert.Equal("1", messages[0].Message.SystemProperties[SystemPropertyNames.MessageId]);
        Assert.Equal("2020-01-01T00:00:00Z", messages[0].Message.SystemProperties[SystemPropertyNames.CreationTimeUtc]);
        Assert.Equal("20", Assert.Single(messages[0].Message.Properties.Items).Value);
        Assert.Equal("text", Encoding.UTF8.GetString(messages[1].Message.Body.Span));
        Assert.Equal(["5", "true"], messages[1].Message.Properties.Items.Select(item => item.Value));
        Assert.True(messages[2].Message.Body.IsEmpty);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData("[{\"body\":\"no base64!\"}]")]
    [InlineData("[{\"body\":5}]")]
    [InlineData("[{\"body\":\"AA==\",\"properties\":[]}]")]
    [InlineData("[{\"body\":\"AA==\",\"properties\":{\"iothub-app-x\":{}}}]")]
    [InlineData("[{\"body\":\"AA==\",\"body\":\"AA==\"}]")]
    [InlineData("[{\"body\":\"\\ud800\",\"base64Encoded\":false}]")]
    [InlineData("\uFEFF[{\"body\":\"AA==\"}]")]
    [InlineData("[{\"body\":\"AA==\"},{\"body\":\"AA==\",\"properties\":{\"iothub-app-x\":\"a b\"}}]")]
    public async Task H4_Post_BadBatch_Answers400AndStoresNothing(string body)
    {
        using var response = await PostAsD1Async(Bytes(body, Batch));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(Server.Log.Messages);
        Assert.Equal(1, Server.Get<IngestMetrics>().RejectedByReason[IngestMetrics.Malformed]);
    }

    [Fact]
    public async Task H4_Post_BatchOfDepth100000_Answers400()
    {
        using var response = await PostAsD1Async(Bytes(new string('[', 100_000), Batch));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }
}
