namespace Hub.Server.Messaging;

/// <summary>
/// Whether messages may come in. Closed while the store cannot take them; several causes can keep it closed at once. Heads stop
/// reading while it is closed. Singleton; safe from any thread.
/// </summary>
internal sealed class IngestGate(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _causes = new(StringComparer.Ordinal);
    private volatile IngestClosure? _closure;
    private TaskCompletionSource _open = Completed();

    /// <summary>Raised after the gate opened or closed, or its reason changed.</summary>
    public event Action? Changed;

    public bool IsOpen => _closure is null;

    /// <summary>Why and since when it is closed; null while open.</summary>
    public IngestClosure? Closure => _closure;

    /// <summary>Completes when the gate is open.</summary>
    public Task WhenOpenAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            return _open.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Closes the gate for a cause, or changes the reason of that cause.</summary>
    /// <param name="cause">Names the cause, such as <c>disk</c>.</param>
    /// <param name="reason">Why, and what to do, in a sentence.</param>
    public void Close(string cause, string reason)
    {
        lock (_lock)
        {
            if (_causes.TryGetValue(cause, out var known) && known == reason)
                return;
            _causes[cause] = reason;
            if (_closure is null)
                _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _closure = new IngestClosure(reason, _closure?.Since ?? time.GetUtcNow());
        }

        Changed?.Invoke();
    }

    /// <summary>Takes a cause away; the gate opens when it was the last.</summary>
    public void Open(string cause)
    {
        lock (_lock)
        {
            if (!_causes.Remove(cause))
                return;
            if (_causes.Count > 0)
            {
                _closure = _closure! with { Reason = _causes.Values.First() };
            }
            else
            {
                _closure = null;
                _open.TrySetResult();
            }
        }

        Changed?.Invoke();
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}

/// <summary>Why and since when the gate is closed.</summary>
internal sealed record IngestClosure(string Reason, DateTimeOffset Since);
