using Hub.Server.Protocols.Mqtt;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

public sealed class MqttUserNameTests
{
    [Theory]
    [InlineData("localhost/d1/?api-version=2021-04-12&DeviceClientType=x", "localhost", "d1", null)]
    [InlineData("localhost/d1/?api-version=2021-04-12&model-id=dtmi%3Acom%3Ax%3B1", "localhost", "d1", "dtmi:com:x;1")]
    [InlineData("localhost/d1/?model-id=a&model-id=b", "localhost", "d1", "a")]
    [InlineData("my.hub/d1/api-version=2016-11-14", "my.hub", "d1", null)]
    [InlineData("my.hub/d1", "my.hub", "d1", null)]
    [InlineData("my.hub/d?1/?api-version=1", "my.hub", "d?1", null)]
    [InlineData("my.hub/d1/", "my.hub", "d1", null)]
    public void TryParse_EveryForm_IsRead(string text, string host, string clientId, string? modelId) =>
        Assert.Equal(new MqttUserName(host, clientId, modelId), MqttUserName.TryParse(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("d1")]
    [InlineData("/d1")]
    [InlineData("host/")]
    [InlineData("host//x")]
    public void TryParse_NoForm_IsNull(string? text) => Assert.Null(MqttUserName.TryParse(text));
}
