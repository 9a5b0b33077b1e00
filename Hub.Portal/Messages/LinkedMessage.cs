using Hub.Portal.Api;
using Hub.Shared.Api;
using Hub.Shared.Messages;

namespace Hub.Portal.Messages;

/// <summary>The message that a URL names, read from the log. Owned by a page, used by its thread only.</summary>
public sealed class LinkedMessage(ITelemetryClient client)
{
    private int _forgotten;

    /// <summary>What was asked for and cannot be shown; null when there is no such.</summary>
    public MessagePlace? Missing { get; private set; }

    /// <summary>Why not; null when the log has no such message.</summary>
    public ApiProblem? Problem { get; private set; }

    /// <summary>Reads the message; null when the text names none, it is missing, or nobody waits for it any more.</summary>
    public async Task<TelemetryItem?> FindAsync(string? text, CancellationToken cancellationToken)
    {
        Forget();
        if (!MessagePlace.TryParse(text, out var place))
            return null;
        var query = new TelemetryQuery { Partition = place.Partition, After = place.SequenceNumber - 1, Order = TelemetryOrder.Ascending, Limit = 1 };
        var asked = _forgotten;
        ApiResult<Page<TelemetryItem>> result;
        try
        {
            result = await client.ListAsync(query, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        if (asked != _forgotten || cancellationToken.IsCancellationRequested)
            return null;
        if (result.TryGet(out var page, out var problem) && page.Items.FirstOrDefault(item => MessagePlace.Of(item) == place) is { } found)
            return found;
        (Missing, Problem) = (place, problem);
        return null;
    }

    /// <summary>The operator turned to something else.</summary>
    public void Forget() => (Missing, Problem, _forgotten) = (null, null, _forgotten + 1);
}
