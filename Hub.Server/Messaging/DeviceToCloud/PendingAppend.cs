using System.Threading.Tasks.Sources;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>An append on its way to the log: what is to be written, and whom to tell. One object per call, awaited exactly once.</summary>
internal sealed class PendingAppend(LogAppend append, int bytes) : IValueTaskSource<IngestResult>
{
    private ManualResetValueTaskSourceCore<IngestResult> _source;

    public LogAppend Append { get; } = append;

    /// <summary>What it counts for against the bound on waiting bytes.</summary>
    public int Bytes { get; } = bytes;

    public ValueTask<IngestResult> Task => new(this, _source.Version);

    /// <summary>Tells the waiting head; its continuation runs on the calling thread.</summary>
    public void Complete(IngestResult result) => _source.SetResult(result);

    IngestResult IValueTaskSource<IngestResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<IngestResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<IngestResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
