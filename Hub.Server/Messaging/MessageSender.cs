using Hub.Shared.Devices;

namespace Hub.Server.Messaging;

/// <summary>
/// Who sends, as the authenticated connection knows it: the stamps of every message that comes over it, never taken from a
/// payload. One instance per connection; messages of one connection share it.
/// </summary>
/// <param name="DeviceId">The device.</param>
/// <param name="GenerationId">Which registration of it.</param>
/// <param name="AuthMethod">How it proved who it is, as the JSON text of the wire contract (section 1.2).</param>
/// <param name="ModelId">The model it announced when it connected; null when none.</param>
internal sealed record MessageSender(DeviceId DeviceId, string GenerationId, string AuthMethod, string? ModelId);
