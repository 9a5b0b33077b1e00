using System.Globalization;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Messages;

/// <summary>One message, whole. What a device sent is shown as text only, never as markup.</summary>
public sealed partial class MessageDetail
{
    private ElementReference _pane;
    private MessageBody _body = null!;
    private TelemetryItem? _decoded;
    private string _view = "tree";
    private bool _chosen;

    [Parameter, EditorRequired]
    public required TelemetryItem Item { get; set; }

    [Parameter]
    public EventCallback OnClose { get; set; }

    [Parameter]
    public EventCallback<JsonPath> OnChart { get; set; }

    [Inject]
    public required IMessageScreen Screen { get; init; }

    [Inject]
    public required IStringLocalizer<MessageText> Text { get; init; }

    private IEnumerable<string> Views => _body.Json is null ? ["text", "hex", "base64"] : ["tree", "text", "hex", "base64"];

    private bool IsCut => _view switch
    {
        "tree" => false,
        "hex" => _body.Bytes.Length > MessageBody.ShownHexLines * 16,
        _ => _body.Bytes.Length > MessageBody.ShownBytes,
    };

    public ValueTask FocusAsync() => Screen.FocusAsync(_pane);

    protected override void OnParametersSet()
    {
        if (ReferenceEquals(_decoded, Item))
            return;
        (_decoded, _body) = (Item, MessageBody.Of(Item));
        // The chosen view stays from message to message, as far as the next body has it.
        if (_view == "tree" && _body.Json is null)
            _view = _body.Text is null ? "hex" : "text";
        else if (_view is "text" or "hex" && _body.Json is not null && !_chosen)
            _view = "tree";
    }

    // The API hands out JSON parsed: all other bodies are downloaded byte for byte.
    private string DownloadTitle => Text[Item.BodyEncoding == BodyEncoding.Json ? "DownloadJson" : "Download"];

    private async Task DownloadAsync() => await Screen.DownloadAsync(
        string.Create(CultureInfo.InvariantCulture, $"message-{Item.Partition}-{Item.SequenceNumber}.{(_body.Json is not null ? "json" : _body.Text is not null ? "txt" : "bin")}"),
        "application/octet-stream",
        _body.Bytes);
}
