using System.Text;
using Hub.Server.Protocols.Mqtt;
using Hub.Shared.Messages;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

public sealed class MqttPropertyBagTests
{
    [Theory]
    [InlineData("", "", "")]
    [InlineData("/", "", "")]
    [InlineData("a=1", "", "a=1")]
    [InlineData("a=1/", "", "a=1")]
    [InlineData("a=1&b=%20x%2F", "", "a=1;b= x/")]
    [InlineData("a", "", "a=")]
    [InlineData("a=", "", "a=")]
    [InlineData("a=1&&b=2&", "", "a=1;b=2")]
    [InlineData("a=b=c", "", "a=b=c")]
    [InlineData("?a=1", "", "?a=1")]
    [InlineData("a+b=c+d", "", "a+b=c+d")]
    [InlineData("a=1&A=2&a=3", "", "a=3;A=2")]
    [InlineData("%24.mid=m1&%24.ct=application%2Fjson&%24.ce=utf-8&a=1", "messageId=m1;contentType=application/json;contentEncoding=utf-8", "a=1")]
    [InlineData("$.cid=c&$.uid=u", "correlationId=c;userId=u", "")]
    [InlineData("%24.sub=s&%24.ifid=i&%24.ctime=t&%24.exp=e&%24.schema=x&%24.to=y", "dt-subject=s;iothub-interface-id=i;iothub-creation-time-utc=t;absoluteExpiryTime=e;iothub-message-schema=x;to=y", "")]
    [InlineData("iothub-ack=full", "iothub-ack=full", "")]
    [InlineData("a=%zz&b=%4", "", "a=%zz;b=%4")]
    [InlineData("a=%FF%FE", "", "a=%FF%FE")]
    [InlineData("a=%E2%82%AC", "", "a=€")]
    [InlineData("%24.cdid=other&iothub-connection-device-id=other&iothub-enqueuedtime=0&a=1", "", "a=1")]
    public void Parse_Bag_GivesProperties(string bag, string system, string application)
    {
        var properties = MqttPropertyBag.Parse(Encoding.UTF8.GetBytes(bag));

        Assert.Equal(system, Text(properties.System.Items));
        Assert.Equal(application, Text(properties.Application.Items));
    }

    [Fact]
    public void Parse_EveryPercentEscape_NeverThrows()
    {
        for (var first = 0; first < 256; first++)
        {
            byte[] bag = [(byte)'%', (byte)first, (byte)'=', (byte)'%', (byte)'4', (byte)first];
            var properties = MqttPropertyBag.Parse(bag);
            Assert.True(properties.Application.Items.Count <= 2, $"at {first}");
        }
    }

    [Fact]
    public void Create_StampOfTheHub_IsLeftOut() =>
        Assert.Empty(Server.Messaging.SystemProperties.Create([new(SystemPropertyNames.ConnectionDeviceId, "other")]).Items);

    private static string Text(IEnumerable<KeyValuePair<string, string>> items) => string.Join(';', items.Select(item => $"{item.Key}={item.Value}"));
}
