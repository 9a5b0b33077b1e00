using System.Globalization;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>
/// What writers were promised, beside what the log holds. Each writer numbers its messages from 0, sends in order, and after a broken
/// connection sends again from the first one that was not acknowledged; so what is stored of a device is 0, 1, 2... with repetitions
/// only of what came before. Used by one thread at a time.
/// </summary>
internal sealed class AckLedger
{
    private readonly Dictionary<string, int> _next = new(StringComparer.Ordinal);

    /// <summary>How many stored messages repeat an earlier one of their device.</summary>
    public int Duplicates { get; private set; }

    /// <summary>How many messages were looked at.</summary>
    public int Stored { get; private set; }

    /// <summary>The first fault found; null when all is well.</summary>
    public string? Fault { get; private set; }

    public static string BodyOf(string device, int number, int filler) =>
        string.Create(CultureInfo.InvariantCulture, $"{device}:{number}:") + new string(FillerOf(number), filler);

    /// <summary>Takes the next stored message, in the order of its partition.</summary>
    public void Observe(string device, string body)
    {
        Stored++;
        var first = body.IndexOf(':', StringComparison.Ordinal);
        var second = body.IndexOf(':', first + 1);
        if (first < 0 || second < 0 || body[..first] != device
            || !int.TryParse(body.AsSpan(first + 1, second - first - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || body.AsSpan(second + 1).ContainsAnyExcept(FillerOf(number)))
        {
            Fault ??= $"A stored message of {device} is not what was sent.";
            return;
        }

        var expected = _next.GetValueOrDefault(device);
        if (number == expected)
            _next[device] = expected + 1;
        else if (number < expected)
            Duplicates++;
        else
            Fault ??= $"Message {expected} of {device} is missing, or stands behind message {number}.";
    }

    /// <summary>How many of the messages that were acknowledged are not stored.</summary>
    public int LostOf(string device, int acknowledged) => Math.Max(0, acknowledged - _next.GetValueOrDefault(device));

    private static char FillerOf(int number) => (char)('a' + (number % 26));

    public void AssertHolds(string device, int acknowledged, string context)
    {
        Assert.True(Fault is null, $"{Fault} ({context})");
        Assert.True(LostOf(device, acknowledged) == 0, $"{LostOf(device, acknowledged)} of {acknowledged} acknowledged messages of {device} are lost ({context}).");
    }
}
