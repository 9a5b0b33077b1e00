namespace Hub.Portal.Messages;

/// <summary>The rows that a grid draws: numbered without holes, the first drawn at the top.</summary>
public interface IMessageRows
{
    int Count { get; }

    MessageRow this[int index] { get; }
}
