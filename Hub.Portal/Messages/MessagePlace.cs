using System.Globalization;
using Hub.Shared.Messages;

namespace Hub.Portal.Messages;

/// <summary>Where a message stands in the log, as a URL names it: <c>message=3-1234</c>, the partition and the sequence number.</summary>
public readonly record struct MessagePlace(int Partition, long SequenceNumber)
{
    /// <summary>The URL's parameter.</summary>
    public const string Parameter = "message";

    public static MessagePlace Of(TelemetryItem item) => new(item.Partition, item.SequenceNumber);

    /// <summary>Reads a place; false when it is none.</summary>
    public static bool TryParse(string? text, out MessagePlace place)
    {
        place = default;
        if (text?.Split('-') is not [var first, var second]
            || !int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
            || !long.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
            return false;
        place = new MessagePlace(partition, sequence);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Partition}-{SequenceNumber}");
}
