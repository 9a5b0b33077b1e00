namespace Hub.Portal.Shell;

/// <summary>A key, or two pressed one after the other, and what they do.</summary>
/// <param name="Keys">Such as <c>/</c>, <c>space</c>, <c>shift+enter</c>, or <c>g d</c>.</param>
/// <param name="Description">What it does, as the help dialog says it.</param>
/// <param name="Action">Does it.</param>
public sealed record Shortcut(string Keys, string Description, Func<Task> Action)
{
    /// <summary>The keys of a sequence, one by one.</summary>
    public IReadOnlyList<string> Sequence => Keys.Split(' ');
}
