using System.Globalization;
using Hub.Portal.Api;
using Hub.Portal.Components;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Messages;

/// <summary>One message, whole. What a device sent is shown as text only, never as markup.</summary>
public sealed partial class MessageDetail : IDisposable
{
    private ElementReference _pane;
    private MessageBody _body = null!;
    private TelemetryItem? _decoded;
    private string _view = "tree";
    private bool _chosen;
    private ApiProblem? _problem;
    private CancellationTokenSource? _asking;

    [Parameter, EditorRequired]
    public required TelemetryItem Item { get; set; }

    [Parameter]
    public EventCallback OnClose { get; set; }

    [Parameter]
    public EventCallback<JsonPath> OnChart { get; set; }

    [Inject]
    public required IMessageScreen Screen { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required ITelemetryClient Client { get; init; }

    [Inject]
    public required IStringLocalizer<MessageText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    private IEnumerable<string> Views => _body.Json is null ? ["text", "hex", "base64"] : ["tree", "text", "hex", "base64"];

    private bool IsCut => _view switch
    {
        "tree" => false,
        "hex" => _body.Bytes?.Length > MessageBody.ShownHexLines * MessageBody.HexWidth,
        "base64" => _body.Bytes?.Length > MessageBody.ShownBytes,
        _ => _body.Text?.Length > MessageBody.ShownBytes,
    };

    /// <summary>Where the message stands among its device's, as the newest of those up to it.</summary>
    private string Link => Navigation.ToAbsoluteUri(Navigation.GetUriWithQueryParameters("history", new Dictionary<string, object?>
    {
        ["device"] = Item.DeviceId.Value,
        ["to"] = Item.EnqueuedTime.AddMilliseconds(1).UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        [MessagePlace.Parameter] = MessagePlace.Of(Item).ToString(),
    })).AbsoluteUri;

    private string FileName => string.Create(
        CultureInfo.InvariantCulture, $"message-{Item.Partition}-{Item.SequenceNumber}.{(_body.Json is not null ? "json" : _body.Text is not null ? "txt" : "bin")}");

    public ValueTask FocusAsync() => Screen.FocusAsync(_pane);

    public void Dispose()
    {
        _asking?.Cancel();
        _asking?.Dispose();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (ReferenceEquals(_decoded, Item))
            return;
        (_decoded, _body, _problem) = (Item, MessageBody.Of(Item), null);
        // The chosen view stays from message to message, as far as the next body has it.
        if (_view == "tree" && _body.Json is null)
            _view = _body.Text is null ? "hex" : "text";
        else if (_view is "text" or "hex" && _body.Json is not null && !_chosen)
            _view = "tree";
        if (_body.Bytes is null)
            await AskForBytesAsync(Item);
    }

    /// <summary>Beside what is shown already; whoever goes on to another message meanwhile ends it.</summary>
    private async Task AskForBytesAsync(TelemetryItem item)
    {
        Dispose();
        var asking = _asking = new CancellationTokenSource();
        try
        {
            var result = await Client.GetBodyAsync(item.Partition, item.SequenceNumber, asking.Token);
            if (ReferenceEquals(item, _decoded) && result.TryGet(out var bytes, out _problem))
                _body = MessageBody.OfBytes(bytes);
        }
        catch (OperationCanceledException) when (asking.IsCancellationRequested)
        {
            // Another message is shown, or none.
        }
    }
}
