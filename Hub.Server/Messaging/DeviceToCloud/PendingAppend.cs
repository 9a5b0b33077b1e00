using System.Threading.Tasks.Sources;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>Who is told how an ingest call ended.</summary>
internal interface IIngestCaller
{
    /// <summary>
    /// Takes the result, once: before the call returns, or later on the thread that writes the log, which must not be kept; it may take
    /// no longer than handing the result on.
    /// </summary>
    void OnResult(IngestResult result);
}

/// <summary>An append on its way to the log: what is to be written, and whom to tell.</summary>
/// <param name="Append">What is to be written.</param>
/// <param name="Bytes">What it counts for against the bound on waiting bytes.</param>
/// <param name="Caller">Who is told.</param>
internal readonly record struct PendingAppend(LogAppend Append, int Bytes, IIngestCaller Caller);

/// <summary>A caller that awaits the result; it goes on in the thread pool. Awaited exactly once.</summary>
internal sealed class AwaitingCaller : IIngestCaller, IValueTaskSource<IngestResult>
{
    private ManualResetValueTaskSourceCore<IngestResult> _source = new() { RunContinuationsAsynchronously = true };

    public ValueTask<IngestResult> Task => new(this, _source.Version);

    public void OnResult(IngestResult result) => _source.SetResult(result);

    IngestResult IValueTaskSource<IngestResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<IngestResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<IngestResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
