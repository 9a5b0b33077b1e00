using Microsoft.AspNetCore.Components;

namespace Hub.Portal.Messages;

/// <summary>Names and values, as text.</summary>
public sealed partial class MessagePairs
{
    [Parameter, EditorRequired]
    public required IReadOnlyDictionary<string, string> Items { get; set; }

    [Parameter, EditorRequired]
    public required string Empty { get; set; }
}
