namespace Hub.Server.Registry;

/// <summary>Something about a registration changed. Raised after the store has it.</summary>
/// <param name="Before">The device as it was; null when it was created.</param>
/// <param name="After">The device as it is; null when it was deleted.</param>
internal sealed record DeviceChanged(Device? Before, Device? After);
