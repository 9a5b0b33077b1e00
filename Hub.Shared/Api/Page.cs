namespace Hub.Shared.Api;

/// <summary>A page of a list.</summary>
/// <param name="Items">What this page holds.</param>
/// <param name="NextCursor">What to send as <c>cursor</c> for the next page; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);
