namespace Hub.Server.Security.Operators;

/// <summary>
/// Counts failed sign-ins: five within 15 minutes for one name from one address lock that pair for 15 minutes; ten times as many for
/// one name from wherever lock the name. So a stranger at one address cannot lock an operator out by failing in their name, and a name
/// that nobody bears behaves like any other. Kept in memory, bounded. Singleton; safe from any thread.
/// </summary>
internal sealed class SignInAttempts(TimeProvider time)
{
    public const int PerAddress = 5;
    public const int PerName = 10 * PerAddress;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    private const int Capacity = 10_000;

    private readonly Lock _lock = new();
    private readonly RecentTable<Failures> _failures = new(Capacity);

    /// <summary>How long the pair is locked; null when it is not.</summary>
    public TimeSpan? LockedFor(string name, string? address)
    {
        lock (_lock)
        {
            var byPair = LeftOf(PairOf(name, address), PerAddress);
            var byName = LeftOf(KeyOf(name), PerName);
            var left = byPair > byName ? byPair : byName;
            return left > TimeSpan.Zero ? left : null;
        }
    }

    public void Failed(string name, string? address)
    {
        lock (_lock)
        {
            Count(PairOf(name, address));
            Count(KeyOf(name));
        }
    }

    /// <summary>Forgets the failures of the pair; those of others under the same name stay counted.</summary>
    public void Succeeded(string name, string? address)
    {
        lock (_lock)
            _failures.Remove(PairOf(name, address));
    }

    private TimeSpan LeftOf(string key, int limit) =>
        _failures.TryGet(key, out var failures) && failures.Count >= limit ? Window - time.GetElapsedTime(failures.LastAt) : TimeSpan.Zero;

    private void Count(string key)
    {
        var count = _failures.TryGet(key, out var before) && time.GetElapsedTime(before.LastAt) < Window ? before.Count + 1 : 1;
        _failures.Set(key, new Failures(count, time.GetTimestamp()));
    }

    /// <summary>The first letter keeps names and pairs apart, whatever a stranger writes as a name.</summary>
    private static string KeyOf(string name) => $"n{name}";

    private static string PairOf(string name, string? address) => $"p{AddressPrefix.Of(address)} {name}";

    private readonly record struct Failures(int Count, long LastAt);
}
