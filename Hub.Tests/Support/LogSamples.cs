using System.Text;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Devices;
using Hub.Shared.Messages;

namespace Hub.Tests.Support;

/// <summary>Messages and senders for tests of logs.</summary>
internal static class LogSamples
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static MessageSender Sender(string device, string? model = null) =>
        new(DeviceId.Parse(device), "638000000000000000", """{"scope":"device","type":"sas","issuer":"iothub"}""", model);

    public static Message Message(string body, string? property = null, string? messageId = null) => new()
    {
        Body = Encoding.UTF8.GetBytes(body),
        SystemProperties = messageId is null ? SystemProperties.Empty : SystemProperties.Create([new(SystemPropertyNames.MessageId, messageId)]),
        Properties = property is null ? ApplicationProperties.Empty : ApplicationProperties.Create([new("level", property)]),
    };

    public static LogAppend Append(MessageSender sender, int partitions, DateTimeOffset enqueued, params Message[] messages) =>
        new(sender, PartitionOf.Device(sender.DeviceId, partitions), enqueued, [.. messages]);

    /// <summary>What can be seen of a logged message, for comparing.</summary>
    public static string Show(LoggedMessage message) =>
        $"{message.Partition}/{message.SequenceNumber} {message.EnqueuedTime.UtcTicks} {message.Sender} {Show(message.Message)}";

    public static string Show(Message message) =>
        $"[{string.Join(";", message.SystemProperties.Items)}] [{string.Join(";", message.Properties.Items)}] {Convert.ToHexString(message.Body.Span)}";
}
