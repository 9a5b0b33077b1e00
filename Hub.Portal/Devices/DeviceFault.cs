using Hub.Portal.Api;
using Hub.Shared.Devices;

namespace Hub.Portal.Devices;

/// <summary>What was asked of a device and refused.</summary>
/// <param name="DeviceId">Whose it was.</param>
/// <param name="Problem">Why.</param>
public sealed record DeviceFault(DeviceId DeviceId, ApiProblem Problem);
