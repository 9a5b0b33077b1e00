using System.Text;
using Hub.Portal.Messages;
using Xunit;

namespace Hub.Tests.Portal.Messages;

public sealed class MessageTests
{
    [Theory]
    [InlineData("$.a.b", "$.a.b")]
    [InlineData("$['a'][0]", "$.a[0]")]
    [InlineData("$['a b']", "$['a b']")]
    [InlineData("$['it\\'s']", "$['it\\'s']")]
    [InlineData("$", "$")]
    public void TryParse_Path_IsWrittenInOneForm(string text, string expected)
    {
        Assert.True(JsonPath.TryParse(text, out var path));
        Assert.Equal(expected, path.ToString());
        Assert.True(JsonPath.TryParse(path.ToString(), out var again));
        Assert.Equal(path, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("$.")]
    [InlineData("$[x]")]
    [InlineData("$['a]")]
    [InlineData("$[-1]")]
    public void TryParse_NoPath_IsRefused(string text) => Assert.False(JsonPath.TryParse(text, out _));

    [Fact]
    public void TryFind_NestedValue_IsFoundAndAbsentOneIsNot()
    {
        var item = Telemetry.Json("""{"a":{"b":[1,{"c d":7}]}}""");
        Assert.True(JsonPath.TryParse("$.a.b[1]['c d']", out var path));
        Assert.True(path.TryFind(item.Body, out var found));
        Assert.Equal(7, found.GetInt32());
        Assert.False(JsonPath.Root.Member("a").Element(0).TryFind(item.Body, out _));
        Assert.False(JsonPath.Root.Member("x").TryFind(item.Body, out _));
    }

    [Theory]
    [InlineData("device", -1, "device,time,$.t")]
    [InlineData("time", 1, "device,time,$.t")]
    [InlineData("time", -1, "time,device,$.t")]
    [InlineData("$.t", 5, "time,device,$.t")]
    [InlineData("$.other", 1, "time,device,$.t")]
    public void Moved_AColumn_GoesAsFarAsItCan(string key, int places, string expected)
    {
        Assert.True(MessageColumn.TryParse(key, out var column));

        var columns = MessageColumns.Parse(["time", "device", "$.t"], TimeZoneInfo.Utc).Moved(column, places);

        Assert.Equal(expected, string.Join(',', columns.Keys()!));
    }

    [Fact]
    public void Parse_ColumnKeys_RoundTripAndWrongOnesAreLeftOut()
    {
        var columns = MessageColumns.Parse(["time", "prop:a,b", "sys:contentType", "$.t", "nonsense", "$.t"], TimeZoneInfo.Utc);
        Assert.Equal(["time", "prop:a,b", "sys:contentType", "$.t"], columns.Keys()!);
        Assert.True(MessageColumns.Parse(["nonsense"], TimeZoneInfo.Utc).AreDefault);
    }

    [Fact]
    public void Cell_HiddenCharacters_AreShown()
    {
        var cell = MessageColumn.Body.Cell(Telemetry.Text("a\u202Egnp.exe\u0000\r\n"), TimeZoneInfo.Utc);
        Assert.Equal("a[U+202E]gnp.exe␀␍␊", cell);
    }

    [Fact]
    public void Cell_LongOrBinaryBody_IsCut()
    {
        Assert.Equal(201, MessageColumn.Body.Cell(Telemetry.Text(new string('x', 100_000)), TimeZoneInfo.Utc).Length);
        Assert.Equal("0xff00 (2 B)", MessageColumn.Body.Cell(Telemetry.Bytes([0xff, 0x00]), TimeZoneInfo.Utc));
    }

    [Fact]
    public async Task ToCsvAsync_TextLikeFormulas_IsTheGoldenFile()
    {
        var columns = MessageColumns.Parse(["time", "device", "$.v", "prop:=name"], TimeZoneInfo.Utc);
        var items = new[] { "=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\tx", "\rx", " =1", "plain", "a,\"b\"" }
            .Select((value, i) => Telemetry.Json($$"""{"v":{{System.Text.Json.JsonSerializer.Serialize(value)}}}""", i + 1, properties: ("=name", value)))
            .Append(Telemetry.Json("""{"v":-12.5}""", 10))
            .ToList();

        var csv = Encoding.UTF8.GetString(await MessageExport.ToCsvAsync(items, columns, TestContext.Current.CancellationToken));

        Assert.Equal(
            "time,device,$.v,\"prop:=name\"\r\n".Replace("\"", string.Empty, StringComparison.Ordinal) +
            Line(1, "\"'=cmd|' /C calc'!A0\"") + Line(2, "\"'+1\"") + Line(3, "\"'-2+3\"") + Line(4, "\"'@SUM(A1)\"") + Line(5, "\"'\tx\"") +
            Line(6, "\"'\rx\"") + Line(7, "\"' =1\"") + Line(8, "plain") + Line(9, "\"a,\"\"b\"\"\"") +
            "2026-01-02T12:00:10.0000000Z,d1,-12.5,\r\n",
            csv);

        static string Line(int second, string field) => $"2026-01-02T12:00:0{second}.0000000Z,d1,{field},{field}\r\n";
    }

    [Fact]
    public async Task ToJsonLinesAsync_Messages_AreWholeOneALine()
    {
        var bytes = await MessageExport.ToJsonLinesAsync([Telemetry.Json("""{"a":1}""", 41), Telemetry.Text("x\ny")], TestContext.Current.CancellationToken);
        var lines = Encoding.UTF8.GetString(bytes).TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Contains("\"sequenceNumber\":\"41\"", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"body\":{\"a\":1}", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_Bodies_AreDecoded()
    {
        Assert.Equal("{\"a\":1}", MessageBody.Of(Telemetry.Json("""{"a":1}""")).Text);
        Assert.NotNull(MessageBody.Of(Telemetry.Text("[1,2]")).Json);
        Assert.Null(MessageBody.Of(Telemetry.Text("[1,2")).Json);
        var binary = MessageBody.Of(Telemetry.Bytes([0xff, 0x41]));
        Assert.Null(binary.Text);
        Assert.StartsWith("00000000  ff 41 ", MessageBody.ShownHex(binary.Bytes!), StringComparison.Ordinal);
        Assert.EndsWith(" .A\n", MessageBody.ShownHex(binary.Bytes!), StringComparison.Ordinal);
        Assert.Equal("/0E=", MessageBody.ShownBase64(binary.Bytes!));
    }

    [Theory]
    [InlineData("""{"a":"x\ud800y"}""")]
    [InlineData("""{"\udfff":1}""")]
    [InlineData("""["\ud800"]""")]
    public void Of_JsonWithHalfACharacter_IsTextOnly(string text)
    {
        var body = MessageBody.Of(Telemetry.Text(text));

        Assert.Null(body.Json);
        Assert.Equal(text, body.ShownText());
    }

    [Fact]
    public void ShownText_LargeBody_IsCutAndAllBytesStay()
    {
        var body = MessageBody.Of(Telemetry.Text(new string('x', 256 * 1024)));
        Assert.Equal(MessageBody.ShownBytes, body.ShownText().Length);
        Assert.Equal(256 * 1024, body.Bytes!.Length);
    }
}
