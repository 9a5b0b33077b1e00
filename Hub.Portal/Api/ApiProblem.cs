namespace Hub.Portal.Api;

/// <summary>Why the hub did not do what was asked, in its own words.</summary>
/// <param name="Status">The HTTP status; 0 when the hub could not be reached at all.</param>
/// <param name="Sentence">What the hub said, ready to be shown; null when it said nothing.</param>
/// <param name="ErrorCode">The wire contract's error code, when there was one.</param>
/// <param name="RetryAfter">How long to wait, when the hub said so.</param>
public sealed record ApiProblem(int Status, string? Sentence = null, string? ErrorCode = null, TimeSpan? RetryAfter = null)
{
    /// <summary>The hub could not be reached.</summary>
    public static ApiProblem Unreachable { get; } = new(0);
}
