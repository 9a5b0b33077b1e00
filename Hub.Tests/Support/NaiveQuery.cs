using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Messages;

namespace Hub.Tests.Support;

/// <summary>What a query means, in the plainest words: the reference for every log.</summary>
internal static class NaiveQuery
{
    public static IEnumerable<LoggedMessage> Run(IReadOnlyList<IReadOnlyList<LoggedMessage>> partitions, TelemetryQuery query)
    {
        var descending = query.Order == TelemetryOrder.Descending;
        var wanted = partitions.Select(messages => new Queue<LoggedMessage>((descending ? messages.Reverse() : messages).Where(message => Matches(message, query)))).ToArray();
        while (wanted.Any(queue => queue.Count > 0))
        {
            var next = wanted.Where(queue => queue.Count > 0)
                .Aggregate((a, b) => Precedes(b.Peek(), a.Peek(), descending) ? b : a);
            yield return next.Dequeue();
        }
    }

    private static bool Precedes(LoggedMessage a, LoggedMessage b, bool descending) =>
        descending ? a.EnqueuedTime > b.EnqueuedTime : a.EnqueuedTime < b.EnqueuedTime;

    private static bool Matches(LoggedMessage message, TelemetryQuery query) =>
        (query.DeviceId is null || message.Sender.DeviceId == query.DeviceId)
        && (query.Partition is null || message.Partition == query.Partition)
        && (query.After is null || message.SequenceNumber > query.After)
        && (query.From is null || message.EnqueuedTime >= query.From)
        && (query.To is null || message.EnqueuedTime < query.To)
        && (string.IsNullOrEmpty(query.Q) || new TextSearch(query.Q).Matches(message.Message));
}
