namespace Hub.Server.Security;

/// <summary>
/// Counts failed attempts to speak for a device and says how long to wait before the next is looked at. Singleton; safe from any
/// thread; its memory is bounded.
/// </summary>
/// <remarks>
/// The wait belongs to the pair of device and address prefix, never to an address or a device as a whole:
/// an address may be a gateway with a thousand devices behind it, and anybody can fail in the name of any device. So neither a bad
/// neighbour nor a stranger keeps a good device out. An address that fails for many devices, and a device that is tried from many
/// addresses, make the pair's wait begin with the first failure instead of the sixth: a new pair always gets its one look. A pair
/// that worked before waits two seconds at most, so that a second, wrongly configured copy of a device cannot shut out the first one
/// behind the same address. Keys have at least 128 bits: what this bounds is work and noise, not luck.
/// What does not fit into the table is forgotten, which errs on the side of letting a device try.
/// </remarks>
internal sealed class DeviceAttempts(TimeProvider time)
{
    private const int FreeFailures = 5;
    private const int FreeFailuresInCrowd = 0;
    private const int Crowd = 50;
    private const int Capacity = 20_000;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestWaitOfProven = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Forgiven = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly RecentTable<Pair> _pairs = new(Capacity);
    private readonly RecentTable<Level> _devices = new(Capacity);
    private readonly RecentTable<Level> _prefixes = new(Capacity);

    /// <summary>How long attempts of this device from this address are not looked at; null when they are.</summary>
    public TimeSpan? WaitFor(string device, string? address)
    {
        lock (_lock)
        {
            if (!_pairs.TryGet(KeyOf(device, AddressPrefix.Of(address)), out var pair))
                return null;
            var left = pair.Wait - time.GetElapsedTime(pair.FailedAt);
            return left > TimeSpan.Zero ? left : null;
        }
    }

    public void Failed(string device, string? address)
    {
        var prefix = AddressPrefix.Of(address);
        var key = KeyOf(device, prefix);
        lock (_lock)
        {
            var crowded = Raise(_devices, device) > Crowd | Raise(_prefixes, prefix) > Crowd;
            _pairs.TryGet(key, out var pair);
            var failures = pair.Failures > 0 && time.GetElapsedTime(pair.FailedAt) < Forgiven ? pair.Failures + 1 : 1;
            _pairs.Set(key, new Pair(failures, time.GetTimestamp(), WaitAfter(failures, crowded, pair.Proven), pair.Proven));
        }
    }

    public void Succeeded(string device, string? address)
    {
        lock (_lock)
            _pairs.Set(KeyOf(device, AddressPrefix.Of(address)), new Pair(0, 0, TimeSpan.Zero, true));
    }

    private static TimeSpan WaitAfter(int failures, bool crowded, bool proven)
    {
        var beyond = failures - (crowded ? FreeFailuresInCrowd : FreeFailures);
        if (beyond <= 0)
            return TimeSpan.Zero;
        var wait = FirstWait * Math.Pow(2, Math.Min(beyond - 1, 10));
        var longest = proven ? LongestWaitOfProven : LongestWait;
        return wait < longest ? wait : longest;
    }

    /// <summary>Adds a failure to a level that sinks by one each second.</summary>
    private double Raise(RecentTable<Level> levels, string key)
    {
        var now = time.GetTimestamp();
        var height = levels.TryGet(key, out var level)
            ? Math.Max(0, level.Height - time.GetElapsedTime(level.At, now).TotalSeconds) + 1
            : 1;
        levels.Set(key, new Level(Math.Min(height, 2 * Crowd), now));
        return height;
    }

    private static string KeyOf(string device, string prefix) => $"{prefix} {device}";

    private readonly record struct Pair(int Failures, long FailedAt, TimeSpan Wait, bool Proven);

    private readonly record struct Level(double Height, long At);
}
