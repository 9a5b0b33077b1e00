using System.Globalization;
using Hub.Shared.Devices;

namespace Hub.Shared.Api;

/// <summary>The paths of the hub's own API and of the live hub.</summary>
public static class ApiRoutes
{
    /// <summary>The root of the API.</summary>
    public const string Root = "/api/v1";

    /// <summary>The registry.</summary>
    public const string Devices = Root + "/devices";

    /// <summary>Stored telemetry.</summary>
    public const string Telemetry = Root + "/telemetry";

    /// <summary>Stored and new telemetry as server-sent events.</summary>
    public const string TelemetryStream = Telemetry + "/stream";

    /// <summary>The body of a stored message, as it was sent.</summary>
    public static string TelemetryBody(int partition, long sequenceNumber) => string.Create(CultureInfo.InvariantCulture, $"{Telemetry}/{partition}/{sequenceNumber}/body");

    /// <summary>Cloud-to-device messages.</summary>
    public const string DeviceBound = Root + "/c2d";

    /// <summary>What happens to cloud-to-device messages, as server-sent events.</summary>
    public const string DeviceBoundStream = DeviceBound + "/stream";

    /// <summary>Messages that left their queue uncompleted.</summary>
    public const string DeadLetters = Root + "/deadletters";

    /// <summary>One dead letter.</summary>
    public static string DeadLetter(long id) => string.Create(CultureInfo.InvariantCulture, $"{DeadLetters}/{id}");

    /// <summary>Sends a dead letter again.</summary>
    public static string ResubmitDeadLetter(long id) => DeadLetter(id) + "/resubmit";

    /// <summary>Feedback as server-sent events, as it comes.</summary>
    public const string FeedbackStream = Root + "/feedback/stream";

    /// <summary>One cloud-to-device message.</summary>
    public static string DeviceBoundMessage(long id) => string.Create(CultureInfo.InvariantCulture, $"{DeviceBound}/{id}");

    /// <summary>The body of a cloud-to-device message, as it was sent.</summary>
    public static string DeviceBoundBody(long id) => DeviceBoundMessage(id) + "/body";

    /// <summary>Cancels a cloud-to-device message.</summary>
    public static string CancelDeviceBound(long id) => DeviceBoundMessage(id) + "/cancel";

    /// <summary>Why a cloud-to-device message is not delivered.</summary>
    public static string WhyNotDelivered(long id) => DeviceBoundMessage(id) + "/why";

    /// <summary>Writes a note on a cloud-to-device message.</summary>
    public static string DeviceBoundNotes(long id) => DeviceBoundMessage(id) + "/notes";

    /// <summary>Groups of dead letters.</summary>
    public const string DeadLetterGroups = DeadLetters + "/groups";

    /// <summary>How many dead letters match.</summary>
    public const string DeadLetterCount = DeadLetters + "/count";

    /// <summary>All dead letters that match, with their history, as lines of JSON.</summary>
    public const string DeadLetterExport = DeadLetters + "/export";

    /// <summary>Sends many dead letters again.</summary>
    public const string ResubmitDeadLetters = DeadLetters + "/batches/resubmit";

    /// <summary>Deletes many dead letters.</summary>
    public const string PurgeDeadLetters = DeadLetters + "/batches/purge";

    /// <summary>Sends a message to many devices.</summary>
    public const string SendBatch = DeviceBound + "/batches";

    /// <summary>Cancels many messages, or purges a queue.</summary>
    public const string CancelBatch = SendBatch + "/cancel";

    /// <summary>Work on many messages.</summary>
    public const string Batches = Root + "/batches";

    /// <summary>One batch.</summary>
    public static string Batch(long id) => string.Create(CultureInfo.InvariantCulture, $"{Batches}/{id}");

    /// <summary>What a batch does with each.</summary>
    public static string BatchItems(long id) => Batch(id) + "/items";

    /// <summary>Stops a batch; one that is held is undone.</summary>
    public static string StopBatch(long id) => Batch(id) + "/stop";

    /// <summary>What the overview page shows.</summary>
    public const string Overview = Root + "/overview";

    /// <summary>What was refused of devices.</summary>
    public const string Refusals = Root + "/refusals";

    /// <summary>What operators did.</summary>
    public const string Audit = Root + "/audit";

    /// <summary>The hub as clients need to know it: names, doors.</summary>
    public const string HubInfo = Root + "/hub";

    /// <summary>Sign-in, sign-out, who am I, first set-up.</summary>
    public const string Session = Root + "/session";

    /// <summary>The first operator, by one-time link.</summary>
    public const string SetUp = Root + "/set-up";

    /// <summary>The SignalR hub.</summary>
    public const string LiveHub = "/hubs/live";

    /// <summary>One device.</summary>
    public static string Device(DeviceId id) => $"{Devices}/{Uri.EscapeDataString(id.Value)}";

    /// <summary>The keys of a device.</summary>
    public static string DeviceKeys(DeviceId id) => Device(id) + "/keys";

    /// <summary>Makes one key of a device anew.</summary>
    public static string RotateDeviceKey(DeviceId id, KeySlot slot) =>
        $"{DeviceKeys(id)}/{(slot == KeySlot.Primary ? "primary" : "secondary")}/rotate";

    /// <summary>A fresh token of a device.</summary>
    public static string DeviceToken(DeviceId id) => Device(id) + "/token";

    /// <summary>Sends a message to a device (POST); shows its queue (GET).</summary>
    public static string SendToDevice(DeviceId id) => Device(id) + "/c2d";

    /// <summary>The connection history of a device.</summary>
    public static string DeviceConnections(DeviceId id) => Device(id) + "/connections";
}
