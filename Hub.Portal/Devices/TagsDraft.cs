using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>Tags while they are being edited: a list, since two may bear the same name for a moment.</summary>
public sealed class TagsDraft
{
    public TagsDraft(IReadOnlyDictionary<string, string>? tags = null) =>
        Lines = [.. (tags ?? new Dictionary<string, string>()).OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => new Line { Name = tag.Key, Value = tag.Value })];

    public IList<Line> Lines { get; }

    /// <summary>The tags; lines without a name are left out.</summary>
    public IReadOnlyDictionary<string, string> ToTags() =>
        Named.DistinctBy(line => line.Name.Trim(), StringComparer.Ordinal).ToDictionary(line => line.Name.Trim(), line => line.Value.Trim(), StringComparer.Ordinal);

    /// <summary>What is wrong, in words.</summary>
    public string? Fault(IStringLocalizer<DevicesText> words) =>
        Named.GroupBy(line => line.Name.Trim(), StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? words["TagTwice", twice.Key].Value
            : null;

    private IEnumerable<Line> Named => Lines.Where(line => !string.IsNullOrWhiteSpace(line.Name));

    /// <summary>One tag.</summary>
    public sealed class Line
    {
        public string Name { get; set; } = string.Empty;

        public string Value { get; set; } = string.Empty;
    }
}
