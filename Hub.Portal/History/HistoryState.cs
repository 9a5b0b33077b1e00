using Hub.Portal.Api;
using Hub.Portal.Messages;
using Hub.Shared.Api;
using Hub.Shared.Messages;

namespace Hub.Portal.History;

/// <summary>The pages of a question to the log, one after the other. Owned by the page, used by its thread only.</summary>
public sealed class HistoryState(ITelemetryClient client) : IMessageRows
{
    public const int MaxRows = 10_000;

    private readonly List<MessageRow> _rows = [];
    private TelemetryQuery? _next;

    public int Count => _rows.Count;

    public MessageRow this[int index] => _rows[index];

    public bool IsLoading { get; private set; }

    public ApiProblem? Problem { get; private set; }

    public bool HasMore => _next is not null && !IsFull;

    public bool IsFull => _rows.Count >= MaxRows;

    public KnownNames Names { get; } = new();

    /// <summary>Asks anew.</summary>
    public Task AskAsync(TelemetryQuery query, CancellationToken cancellationToken)
    {
        _rows.Clear();
        _next = query;
        IsLoading = false;
        return LoadMoreAsync(cancellationToken);
    }

    /// <summary>Reads the next page; nothing when there is none or one is being read.</summary>
    public async Task LoadMoreAsync(CancellationToken cancellationToken)
    {
        if (IsLoading || !HasMore || _next is not { } query)
            return;
        (IsLoading, Problem) = (true, null);
        ApiResult<Page<TelemetryItem>> result;
        try
        {
            result = await client.ListAsync(query, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The page was left or asks something else: nobody waits for this answer.
            return;
        }

        // Meanwhile something else was asked: this answer belongs to nobody.
        if (cancellationToken.IsCancellationRequested || !ReferenceEquals(query, _next))
            return;
        IsLoading = false;
        if (!result.TryGet(out var page, out var problem))
        {
            Problem = problem;
            return;
        }

        foreach (var item in page.Items)
            _rows.Add(MessageRow.Of(_rows.Count, item));
        foreach (var item in page.Items.Take(20))
            Names.Learn(item);
        _next = page.NextCursor is null ? null : query with { Cursor = page.NextCursor };
    }

    public IReadOnlyList<TelemetryItem> Items() => [.. _rows.Select(row => row.Item).OfType<TelemetryItem>()];
}
