using Hub.Server.Protocols.Mqtt.Sockets;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

public sealed class ConnectionFeaturesTests
{
    [Fact]
    public void Set_MoreThanThereIsRoomFor_ReplacedAndRemoved_HoldsTheRest()
    {
        var features = new ConnectionFeatures();
        Type[] keys =
        [
            typeof(bool), typeof(byte), typeof(char), typeof(short), typeof(int), typeof(long), typeof(float), typeof(double), typeof(decimal),
        ];
        foreach (var key in keys)
            features[key] = key.Name;

        features.Set("text");
        features.Set("another");
        features[typeof(bool)] = null;
        features[typeof(Guid)] = null;

        Assert.Equal("another", features.Get<string>());
        Assert.Null(features[typeof(bool)]);
        Assert.Equal("Decimal", features[typeof(decimal)]);
        Assert.Equal(keys.Length, features.Count());
        Assert.Equal(keys.Length + 4, features.Revision);
    }
}
