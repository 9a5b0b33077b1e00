using System.Diagnostics.CodeAnalysis;

namespace Hub.Portal.Api;

/// <summary>What a call to the hub came to: a value or a problem, never both. Refusals are expected, so they are no exceptions.</summary>
public sealed record ApiResult<T>
{
    private ApiResult(T? value, ApiProblem? problem)
    {
        Value = value;
        Problem = problem;
    }

    /// <summary>The answer; set when <see cref="Problem"/> is null.</summary>
    public T? Value { get; }

    /// <summary>What stood in the way; null when all went well.</summary>
    public ApiProblem? Problem { get; }

    public static implicit operator ApiResult<T>(T value) => new(value, null);

    public static implicit operator ApiResult<T>(ApiProblem problem) => new(default, problem);

    /// <summary>Whether there is an answer.</summary>
    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out ApiProblem? problem)
    {
        value = Value;
        problem = Problem;
        return problem is null;
    }
}

/// <summary>The answer of a call that has none.</summary>
public readonly record struct Done;
