using System.IO.Hashing;
using System.Text;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>
/// Which partition a device's messages go to: a stable hash of its id, so that its order holds across restarts and nodes. The
/// algorithm is part of the stored data's meaning and never changes.
/// </summary>
internal static class PartitionOf
{
    public static int Device(DeviceId id, int partitionCount)
    {
        Span<byte> bytes = stackalloc byte[DeviceId.MaxLength];
        var length = Encoding.ASCII.GetBytes(id.Value, bytes);
        return (int)(XxHash32.HashToUInt32(bytes[..length]) % (uint)partitionCount);
    }
}
