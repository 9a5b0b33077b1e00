namespace Hub.Shared.CloudToDevice;

/// <summary>One line of a cloud-to-device message's history.</summary>
/// <param name="Time">When.</param>
/// <param name="Event">What.</param>
/// <param name="By">Who: <c>hub</c>, <c>device</c>, <c>policy:NAME</c> or an operator's name.</param>
/// <param name="Detail">Where and why, in words: the connection and its packet, or what the device said; null when there is no more to say.</param>
public sealed record DeviceBoundHistoryEntry(DateTimeOffset Time, DeviceBoundEvent Event, string By, string? Detail);
