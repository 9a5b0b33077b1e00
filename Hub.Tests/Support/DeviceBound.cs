using System.Text;
using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Tests.Support;

/// <summary>Cloud-to-device messages to test with.</summary>
internal static class DeviceBound
{
    public static readonly DateTimeOffset Now = Devices.Epoch.AddDays(1);

    public static NewDeviceBound New(string device, string body = "b", string? messageId = null, FeedbackAck ack = FeedbackAck.None) => new(
        new Message { Body = Encoding.UTF8.GetBytes(body) }, DeviceId.Parse(device), messageId ?? Guid.NewGuid().ToString(), messageId is not null, ack, Now,
        Now.AddHours(1), null, "policy service");

    public static DeviceBoundDraft Draft(DeviceId device, string body = "b", string? messageId = null, FeedbackAck ack = FeedbackAck.Full) => new()
    {
        DeviceId = device,
        Message = new Message { Body = Encoding.UTF8.GetBytes(body) },
        MessageId = messageId,
        Ack = ack,
        By = "policy service",
    };

    public static string TextOf(this DeviceBoundMessage message) => Encoding.UTF8.GetString(message.Message.Body.Span);

    public static DeviceBoundLock Lock(string? holder = null) => new(Guid.NewGuid(), Now.AddMinutes(1), holder);

    public static Settlement Settlement(SettlementKind kind, Guid token) => new() { Kind = kind, Token = token, Place = "a place" };
}
