using System.Globalization;
using System.Text;

namespace Hub.Server.Api;

/// <summary>
/// How far a stream of telemetry has come, as the id of its events: <c>partition-sequenceNumber</c>, the event's own first, then those of
/// the stream's other partitions, so that whoever comes back with it misses nothing of any. -1 stands before the first message.
/// </summary>
internal static class StreamPlaces
{
    /// <param name="partition">That of the event.</param>
    /// <param name="places">The last sequence number passed, by partition.</param>
    /// <param name="only">The one partition that the stream shows; null for all.</param>
    public static string Format(int partition, ReadOnlySpan<long> places, int? only)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{partition}-{places[partition]}");
        for (var other = 0; only is null && other < places.Length; other++)
        {
            if (other != partition)
                text.Append(CultureInfo.InvariantCulture, $",{other}-{places[other]}");
        }

        return text.ToString();
    }

    /// <summary>Reads the places of an id; false when it is none that this hub gave.</summary>
    public static bool TryParse(string id, int partitions, IDictionary<int, long> places)
    {
        foreach (var part in id.Split(','))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            if (dash < 1
                || !int.TryParse(part.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var partition) || partition >= partitions
                || !long.TryParse(part.AsSpan(dash + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var place) || place < -1)
                return false;
            places[partition] = place;
        }

        return true;
    }
}
