using Hub.Server.Security;
using Hub.Shared.Devices;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// Calms two clients that were given the same device id: each connects again as soon as the other has taken its place, as fast as
/// both can. A device may be taken over a number of times at once and then once each <see cref="Refill"/>; past that the newcomer is
/// told to come back later and the connection that is there stays. A device that only lost its network is back within that time.
/// Singleton; safe from any thread; its memory is bounded, and what does not fit is forgotten in the device's favour.
/// </summary>
internal sealed partial class MqttTakeovers(TimeProvider time, ILogger<MqttTakeovers> logger)
{
    internal const int AtOnce = 10;
    internal static readonly TimeSpan Refill = TimeSpan.FromSeconds(5);

    private const int Capacity = 10_000;
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly RecentTable<Entry> _devices = new(Capacity);

    /// <summary>Whether the device's live connection may be taken over now; counts it if so.</summary>
    public bool TryTake(DeviceId id)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var known = _devices.TryGet(id.Value, out var entry);
            var level = known ? Math.Max(0, entry.Level - (time.GetElapsedTime(entry.At, now) / Refill)) : 0;
            var allowed = level + 1 <= AtOnce;
            // A line a minute and device is enough: the connection history has them all.
            var log = !allowed && (entry.LoggedAt == 0 || time.GetElapsedTime(entry.LoggedAt, now) >= LogInterval);
            _devices.Set(id.Value, new Entry(allowed ? level + 1 : level, now, log ? now : entry.LoggedAt));
            if (log)
                Log.PingPong(logger, id.Value);
            return allowed;
        }
    }

    private readonly record struct Entry(double Level, long At, long LoggedAt);

    private static partial class Log
    {
        [LoggerMessage(EventIds.Mqtt + 6, LogLevel.Warning, "Several clients keep taking the connection of {DeviceId} from each other: give each its own device id.")]
        public static partial void PingPong(ILogger logger, string deviceId);
    }
}
