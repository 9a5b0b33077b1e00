using Hub.Shared.Messages;

namespace Hub.Portal.Messages;

/// <summary>
/// One row of a message grid: a message, or a gap that says what is not shown. Its cells are made once for a set of columns and kept,
/// since a row is drawn many times. Used by one thread, the page's.
/// </summary>
public sealed class MessageRow
{
    /// <summary>Of a message that stands in no view.</summary>
    public const long NoNumber = -1;

    private MessageColumns? _columns;
    private string[] _cells = [];

    private MessageRow(long number, TelemetryItem? item, MessageGap? gap)
    {
        Number = number;
        Item = item;
        Gap = gap;
    }

    /// <summary>The place in the view since the page was opened; rises by one and is never used twice.</summary>
    public long Number { get; }

    /// <summary>The message; null in a gap.</summary>
    public TelemetryItem? Item { get; }

    /// <summary>What is missing here; null in a message's row.</summary>
    public MessageGap? Gap { get; }

    public static MessageRow Of(long number, TelemetryItem item) => new(number, item, null);

    public static MessageRow Of(long number, MessageGap gap) => new(number, null, gap);

    /// <summary>The texts of the cells, in the order of the columns.</summary>
    public string[] Cells(MessageColumns columns)
    {
        if (!ReferenceEquals(_columns, columns) && Item is not null)
        {
            _columns = columns;
            _cells = columns.CellsOf(Item);
        }

        return _cells;
    }
}
