using System.Net;
using Hub.Tests.Support;
using Xunit;
using static Hub.Tests.Support.Answers;
using static Hub.Tests.Support.Contents;

namespace Hub.Tests.Protocols.Http;

/// <summary>How much one post may bring.</summary>
public sealed class TelemetryBoundsTests : TelemetryCalls
{
    [Theory]
    [InlineData(262_144, "", HttpStatusCode.NoContent)]
    [InlineData(262_145, "", HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(262_143, "v", HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(262_142, "v", HttpStatusCode.NoContent)]
    public async Task H2_Post_Single_IsBoundedWithItsProperties(int bodyBytes, string value, HttpStatusCode expected)
    {
        using var response = value.Length == 0
            ? await PostAsD1Async(Bytes(new string('b', bodyBytes), "text/plain"))
            : await PostAsD1Async(Bytes(new string('b', bodyBytes), "text/plain"), ("iothub-app-x", value));

        Assert.Equal(expected, response.StatusCode);
        if (expected != HttpStatusCode.NoContent)
            Assert.Equal("MessageTooLarge", Code(response));
        Assert.Equal(expected == HttpStatusCode.NoContent ? 1 : 0, Server.Log.Messages.Count);
    }

    [Theory]
    [InlineData(500, HttpStatusCode.NoContent)]
    [InlineData(501, HttpStatusCode.BadRequest)]
    public async Task Post_BatchOfManyMessages_TakesFiveHundred(int count, HttpStatusCode expected)
    {
        using var response = await PostAsD1Async(Bytes("[" + string.Join(',', Enumerable.Repeat("""{"body":"AA=="}""", count)) + "]", Batch));

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(expected == HttpStatusCode.NoContent ? count : 0, Server.Log.Messages.Count);
    }

    [Theory]
    [InlineData(131_072, HttpStatusCode.NoContent)]
    [InlineData(131_073, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Post_Batch_IsBoundedAsAWhole(int bytesOfSecond, HttpStatusCode expected)
    {
        static string Item(int bytes) => $$"""{"body":"{{Convert.ToBase64String(new byte[bytes])}}"}""";

        using var response = await PostAsD1Async(Bytes($"[{Item(131_072)},{Item(bytesOfSecond)}]", Batch));

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task H2_Post_EndlessChunks_Answers413WithoutReadingOn()
    {
        var device = await Server.AddDeviceAsync("d1");
        var endless = new EndlessContent();

        using var response = await PostAsync("/devices/d1/messages/events?api-version=1", ContractServer.TokenOf(device), endless);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Empty(Server.Log.Messages);
    }

    /// <summary>Sends chunks until the server has had enough.</summary>
    private sealed class EndlessContent : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var chunk = new byte[8192];
            // A hundred times what is allowed, in case nobody stops it.
            for (var i = 0; i < 3200; i++)
                await stream.WriteAsync(chunk, TestContext.Current.CancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
