using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Messages;

/// <summary>A JSON value that opens and closes; what is closed, or beyond the first children, is not in the page.</summary>
public sealed partial class JsonTree
{
    private const int Step = 100;
    private const int OpenDepth = 2;
    private const int ShownText = 2_000;

    private bool _open;
    private bool _touched;
    private int _shown = Step;
    private int _count;

    [Parameter]
    public string? Name { get; set; }

    [Parameter, EditorRequired]
    public required JsonElement Value { get; set; }

    [Parameter, EditorRequired]
    public required JsonPath Path { get; set; }

    [Parameter]
    public int Depth { get; set; }

    [Parameter]
    public EventCallback<JsonPath> OnChart { get; set; }

    [Inject]
    public required IStringLocalizer<MessageText> Text { get; init; }

    private bool IsBranch => _count > 0;

    private string KindClass => Value.ValueKind switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.Object or JsonValueKind.Array => "muted",
        _ => "word",
    };

    private string Summary => Value.ValueKind switch
    {
        JsonValueKind.Object => string.Create(CultureInfo.InvariantCulture, $"{{{_count}}}"),
        JsonValueKind.Array => string.Create(CultureInfo.InvariantCulture, $"[{_count}]"),
        JsonValueKind.String => '"' + Short(VisibleText.Line(Value.GetString() ?? string.Empty)) + '"',
        _ => Short(Value.GetRawText()),
    };

    protected override void OnParametersSet()
    {
        _count = Value.ValueKind switch
        {
            JsonValueKind.Object => Value.GetPropertyCount(),
            JsonValueKind.Array => Value.GetArrayLength(),
            _ => 0,
        };
        if (!_touched)
            (_open, _touched) = (Depth < OpenDepth, true);
    }

    private static string Short(string text) => text.Length <= ShownText ? text : text[..ShownText] + "…";

    private IEnumerable<(string Name, JsonPath Path, JsonElement Value)> Children() => Value.ValueKind == JsonValueKind.Object
        ? Value.EnumerateObject().Take(_shown).Select(member => (member.Name, Path.Member(member.Name), member.Value))
        : Value.EnumerateArray().Take(_shown).Select((element, i) => (i.ToString(CultureInfo.InvariantCulture), Path.Element(i), element));
}
