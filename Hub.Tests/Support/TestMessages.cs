using System.Text;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Devices;
using Hub.Shared.Messages;

namespace Hub.Tests.Support;

/// <summary>Messages for tests that need some, and their way into log and feed.</summary>
internal static class TestMessages
{
    public const string AuthMethod = """{"scope":"device","type":"sas","issuer":"iothub","acceptingIpFilterRule":null}""";

    public static MessageSender Sender(string deviceId = "d1") => new(DeviceId.Parse(deviceId), "g1", AuthMethod, null);

    public static Message Text(string body, string? contentType = null, params (string Name, string Value)[] properties) =>
        Bytes(Encoding.UTF8.GetBytes(body), contentType, properties);

    public static Message Bytes(byte[] body, string? contentType = null, params (string Name, string Value)[] properties) => new()
    {
        Body = body,
        SystemProperties = contentType is null
            ? SystemProperties.Empty
            : SystemProperties.Create([new(SystemPropertyNames.ContentType, contentType)]),
        Properties = ApplicationProperties.Create(properties.Select(property => KeyValuePair.Create(property.Name, property.Value))),
    };

    public static LogAppend Append(string deviceId, int partition, params Message[] messages) =>
        new(Sender(deviceId), partition, DateTimeOffset.UnixEpoch, [.. messages]);

    /// <summary>Does what the writer does: appends, then publishes.</summary>
    public static async Task CommitAsync(IMessageLog log, MessageFeed feed, params LogAppend[] appends)
    {
        await log.AppendAsync(appends, CancellationToken.None);
        feed.Publish(appends);
    }
}
