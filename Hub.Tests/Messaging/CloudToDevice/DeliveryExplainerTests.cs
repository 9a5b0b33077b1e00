using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Messaging.CloudToDevice;

public sealed class DeliveryExplainerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly DeviceBoundEntry Waiting = new()
    {
        Id = 7, DeviceId = DeviceId.Parse("d"), GenerationId = "1", SequenceNumber = 3, MessageId = "m", Ack = FeedbackAck.None, EnqueuedTime = Now.AddMinutes(-5), ExpiresAt = Now.AddHours(1),
    };

    private static readonly DeliverySituation Fine = new()
    {
        Entry = Waiting,
        Device = Devices.New("d") with { Presence = new DevicePresence { ConnectionState = ConnectionState.Connected, LastActivityTime = Now } },
        Link = new LinkSituation("MQTT 5", Now.AddMinutes(-1), CanPush: true, IsSubscribed: true, Room: 16),
        Ahead = new QueueAhead(0, 0, null, 0),
        MaxDeliveryCount = 10,
        Now = Now,
    };

    [Fact]
    public void Nothing_StandsInTheWay_SaysSoAndWhenItExpires()
    {
        Assert.Equal(
            ["Due: Nothing stands in its way: it is about to be sent.", "Expires: It expires at 2026-01-31 13:00:00Z unless it is completed before."], Say(Fine));
    }

    [Fact]
    public void Ended_SaysHowAndNothingElse() => Assert.Equal(
        ["Ended: It is not to be delivered any more: it ended as Rejected (bad json)."],
        Say(Fine with { Entry = Waiting with { State = DeviceBoundState.DeadLettered, Outcome = DeviceBoundOutcome.Rejected, Description = "bad json.", SettledTime = Now } }));

    [Fact]
    public void DeviceIsAway_SaysSinceWhenAndWhy() => Assert.Equal(
        "Offline: The device is not connected; it was last heard of at 2026-01-31 11:00:00Z. Its last connection ended: The device closed it.",
        Say(Fine with
        {
            Link = null,
            Device = Fine.Device! with { Presence = new DevicePresence { LastActivityTime = Now.AddHours(-1), DisconnectReason = "The device closed it." } },
        })[0]);

    [Fact]
    public void DeviceWasNeverThere_SaysWhatItHasToDo() =>
        Assert.StartsWith("NeverConnected: The device has never been heard of.", Say(Fine with { Link = null, Device = Devices.New("d") })[0]);

    [Fact]
    public void DeviceIsDisabled_SaysThatFirst() => Assert.Equal(
        "DeviceDisabled: The device is disabled (stolen): it cannot connect until it is enabled.",
        Say(Fine with { Link = null, Device = Devices.New("d") with { Status = DeviceStatus.Disabled, StatusReason = "stolen" } })[0]);

    [Fact]
    public void DeviceIsDeleted_SaysThat() => Assert.Equal("DeviceGone: Its device was deleted.", Say(Fine with { Device = null, Link = null })[0]);

    [Theory]
    [InlineData(true, false, 0, "NotSubscribed: The device is connected with MQTT 5 and has not subscribed to its messages: it has to subscribe to devices/d/messages/devicebound/#.")]
    [InlineData(true, true, 0, "WindowFull: As many messages are under way to the device as may be: it has to acknowledge one before it gets the next.")]
    [InlineData(false, false, 0, "HasToAsk: The device is connected with MQTT 5, over which it has to ask for its messages.")]
    public void Connection_DoesNotTakeIt_SaysWhy(bool canPush, bool isSubscribed, int room, string sentence) =>
        Assert.Equal(sentence, Say(Fine with { Link = new LinkSituation("MQTT 5", Now, canPush, isSubscribed, room) })[0]);

    [Fact]
    public void OthersAreAhead_SaysHowManyAndUntilWhenThoseAreLocked() => Assert.Equal(
        "Ahead: 3 messages are ahead of it, of which one is with the device until 2026-01-31 12:00:40Z at the latest.",
        Say(Fine with { Ahead = new QueueAhead(3, 1, Now.AddSeconds(40), 0) })[0]);

    [Fact]
    public void HeldScheduledTriedBefore_EachIsSaid()
    {
        Assert.StartsWith("Held: Batch 4 is to end it", Say(Fine with { Entry = Waiting with { HeldBy = 4 } })[0]);
        Assert.Equal("NotBefore: It is scheduled for 2026-01-31 12:30:00Z.", Say(Fine with { Entry = Waiting with { NotBefore = Now.AddMinutes(30) } })[0]);
        Assert.Equal(
            "TriedBefore: It counts 2 times as delivered and not completed; after 10 it is dead-lettered. Its history says what happened.",
            Say(Fine with { Entry = Waiting with { DeliveryCount = 2 } })[1]);
    }

    [Fact]
    public void WithTheDevice_SaysUntilWhen()
    {
        var facts = DeliveryExplainer.Explain(Fine with { Entry = Waiting with { State = DeviceBoundState.Invisible, Lock = new DeviceBoundLock(Guid.NewGuid(), Now.AddSeconds(30), null) } });

        Assert.Equal((DeliveryFactKind.WithDevice, Now.AddSeconds(30)), (facts[0].Kind, facts[0].At));
        Assert.Equal([DeliveryFactKind.WithDevice, DeliveryFactKind.Expires], facts.Select(fact => fact.Kind));
    }

    private static List<string> Say(DeliverySituation situation) => [.. DeliveryExplainer.Explain(situation).Select(fact => $"{fact.Kind}: {fact.Text}")];
}
