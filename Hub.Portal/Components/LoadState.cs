using Hub.Portal.Api;

namespace Hub.Portal.Components;

/// <summary>What a page knows of something it asked for: nothing yet, the answer, or why there is none.</summary>
/// <remarks>An answer stays while it is asked for again, so that a page does not blink.</remarks>
public sealed class LoadState<T>
    where T : class
{
    private int _version;

    public T? Value { get; private set; }

    public ApiProblem? Problem { get; private set; }

    /// <summary>Asked for, not answered.</summary>
    public bool Loading { get; private set; }

    /// <summary>Nothing is known yet: the place for a skeleton.</summary>
    public bool Waiting => Value is null && Problem is null;

    /// <summary>Asks; an answer to an older question is dropped.</summary>
    public async Task LoadAsync(Func<Task<ApiResult<T>>> ask)
    {
        var version = ++_version;
        Loading = true;
        var result = await ask();
        if (version != _version)
            return;
        Loading = false;
        Problem = result.Problem;
        if (result.TryGet(out var value, out _))
            Value = value;
    }

    /// <summary>Takes an answer that came by another way.</summary>
    public void Set(T value) => (Value, Problem) = (value, null);

    /// <summary>Forgets the answer, when the question became another one.</summary>
    public void Clear() => (Value, Problem) = (null, null);
}
