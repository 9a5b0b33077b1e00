using System.Text.Json.Serialization;

namespace Hub.Shared.CloudToDevice;

/// <summary>Where a cloud-to-device message stands (wire contract, section 2.2).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeviceBoundState>))]
public enum DeviceBoundState
{
    /// <summary>It waits in its device's queue.</summary>
    Enqueued,

    /// <summary>It is handed to the device under a lock, and not settled yet.</summary>
    Invisible,

    /// <summary>The device has completed it.</summary>
    Completed,

    /// <summary>It left the queue uncompleted; <see cref="DeadLetterReason"/> says why.</summary>
    DeadLettered,
}
