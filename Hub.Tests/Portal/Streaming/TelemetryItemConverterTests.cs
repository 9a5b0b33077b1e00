using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Portal.Api;
using Hub.Portal.Streaming;
using Hub.Shared.Messages;
using Hub.Tests.Portal.Messages;
using Xunit;

namespace Hub.Tests.Portal.Streaming;

public sealed class TelemetryItemConverterTests
{
    private static readonly JsonSerializerOptions Options = MakeOptions();

    [Fact]
    public void Read_WhatWasWritten_IsTheSameMessage()
    {
        var item = Whole();

        var read = Read(JsonSerializer.Serialize(item, Options));

        AssertSame(item, read);
    }

    [Fact]
    public void Read_AsTheServerWritesIt_IsTheSameMessage()
    {
        var item = Whole();

        var read = Read(JsonSerializer.Serialize(item, JsonSerializerOptions.Web));

        AssertSame(item, read);
    }

    [Fact]
    public void Read_MembersInAnyOrder_IsTheSameMessage()
    {
        var item = Whole();
        var members = Document(item).Select(member => (member.Key, Value: member.Value?.DeepClone())).Reverse().ToList();

        var read = Read(new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, member.Value))).ToJsonString());

        AssertSame(item, read);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("""{"sequenceNumber":"99","properties":{"no":"no"}}""")]
    [InlineData("""[{"body":1},[2]]""")]
    public void Read_UnknownMembers_AreSkippedWithAllThatIsInThem(string value)
    {
        var item = Whole();
        var document = Document(item);
        document.Insert(0, "first", JsonNode.Parse(value));
        document.Insert(4, "between", JsonNode.Parse(value));
        document["last"] = JsonNode.Parse(value);

        AssertSame(item, Read(document.ToJsonString()));
    }

    [Fact]
    public void Read_PropertiesAreNull_AreEmptyAndTheRestIsRead()
    {
        var document = Document(Whole());
        // Before all others, so that whatever follows them would be lost with them.
        foreach (var name in new[] { "properties", "systemProperties" })
        {
            document.Remove(name);
            document.Insert(0, name, null);
        }

        var read = Read(document.ToJsonString());

        Assert.Empty(read.Properties);
        Assert.Empty(read.SystemProperties);
        AssertSame(Whole() with { Properties = new Dictionary<string, string>(), SystemProperties = new Dictionary<string, string>() }, read);
    }

    [Fact]
    public void Read_PropertiesAreNotThere_AreEmpty()
    {
        var document = Document(Whole());
        document.Remove("properties");
        document.Remove("systemProperties");

        var read = Read(document.ToJsonString());

        Assert.Empty(read.Properties);
        Assert.Empty(read.SystemProperties);
    }

    [Theory]
    [InlineData("json", """{"t":[1,{"x":null}],"s":"\u00e9"}""", BodyEncoding.Json)]
    [InlineData("json", "null", BodyEncoding.Json)]
    [InlineData("json", "-12.5e3", BodyEncoding.Json)]
    [InlineData("utf8", "\"<b>text</b>\\n\"", BodyEncoding.Utf8)]
    [InlineData("base64", "\"/wA=\"", BodyEncoding.Base64)]
    public void Read_EachFormOfBody_IsKeptAsItStands(string form, string body, BodyEncoding encoding)
    {
        var document = Document(Whole());
        document["bodyEncoding"] = form;
        document["body"] = JsonNode.Parse(body);

        var read = Read(document.ToJsonString());

        Assert.Equal(encoding, read.BodyEncoding);
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(body).RootElement, read.Body));
    }

    [Fact]
    public void Read_SequenceNumberBeyondADouble_IsExactAsTextAndAsNumber()
    {
        var document = Document(Whole());
        document["sequenceNumber"] = "9223372036854775807";
        Assert.Equal(long.MaxValue, Read(document.ToJsonString()).SequenceNumber);

        document["sequenceNumber"] = long.MaxValue;
        Assert.Equal(long.MaxValue, Read(document.ToJsonString()).SequenceNumber);
    }

    [Theory]
    [InlineData("sequenceNumber", "\"one\"")]
    [InlineData("sequenceNumber", "1.5")]
    [InlineData("sequenceNumber", "null")]
    [InlineData("sequenceNumber", "{}")]
    [InlineData("partition", "4294967296")]
    [InlineData("partition", "-1")]
    [InlineData("deviceId", "\"a b\"")]
    [InlineData("deviceId", "null")]
    [InlineData("deviceId", "7")]
    [InlineData("enqueuedTime", "\"noon\"")]
    [InlineData("enqueuedTime", "null")]
    [InlineData("properties", "\"text\"")]
    [InlineData("properties", "[]")]
    [InlineData("systemProperties", """{"a":{}}""")]
    [InlineData("systemProperties", """{"a":1}""")]
    [InlineData("bodyEncoding", "\"xml\"")]
    [InlineData("bodyEncoding", "1")]
    public void Read_MemberOfAnotherKind_IsRefused(string name, string value)
    {
        var document = Document(Whole());
        document[name] = JsonNode.Parse(value);

        Assert.ThrowsAny<JsonException>(() => Read(document.ToJsonString()));
    }

    [Theory]
    [InlineData("sequenceNumber")]
    [InlineData("partition")]
    [InlineData("deviceId")]
    [InlineData("enqueuedTime")]
    [InlineData("body")]
    [InlineData("bodyEncoding")]
    public void Read_MemberIsMissing_IsRefused(string name)
    {
        var document = Document(Whole());
        document.Remove(name);

        Assert.ThrowsAny<JsonException>(() => Read(document.ToJsonString()));
    }

    [Theory]
    [InlineData("7")]
    [InlineData("\"text\"")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("")]
    public void Read_NoMessageAtAll_IsRefused(string document) => Assert.ThrowsAny<JsonException>(() => Read(document));

    [Fact]
    public void Read_CutOffAnywhere_IsRefused()
    {
        var document = JsonSerializer.Serialize(Whole(), Options);

        for (var length = 0; length < document.Length; length++)
            Assert.ThrowsAny<JsonException>(() => Read(document[..length]));
    }

    private static JsonSerializerOptions MakeOptions()
    {
        // As the live connection sets it up.
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        options.TypeInfoResolverChain.Insert(0, PortalJson.Default);
        options.Converters.Add(new TelemetryItemConverter());
        return options;
    }

    private static TelemetryItem Whole() =>
        Telemetry.Json("""{"temperature":21.5}""", 42, "dev%1", 3, ("level", "high \"2\""), ("ünïcode", "✓")) with
        {
            SequenceNumber = 9_007_199_254_740_993,
            Offset = "0000000042",
            SystemProperties = new Dictionary<string, string> { ["messageId"] = "m-1", ["contentType"] = "application/json" },
        };

    private static JsonObject Document(TelemetryItem item) => JsonNode.Parse(JsonSerializer.Serialize(item, Options))!.AsObject();

    private static TelemetryItem Read(string document) => JsonSerializer.Deserialize<TelemetryItem>(document, Options)!;

    private static void AssertSame(TelemetryItem expected, TelemetryItem read)
    {
        Assert.Equal(expected.SequenceNumber, read.SequenceNumber);
        Assert.Equal(expected.Partition, read.Partition);
        Assert.Equal(expected.Offset, read.Offset);
        Assert.Equal(expected.DeviceId, read.DeviceId);
        Assert.Equal(expected.EnqueuedTime, read.EnqueuedTime);
        Assert.Equal(expected.SystemProperties, read.SystemProperties);
        Assert.Equal(expected.Properties, read.Properties);
        Assert.True(JsonElement.DeepEquals(expected.Body, read.Body));
        Assert.Equal(expected.BodyEncoding, read.BodyEncoding);
    }
}
