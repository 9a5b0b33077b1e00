using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Messages;

/// <summary>In place of a message that a URL names and that cannot be shown: which, and why.</summary>
public sealed partial class MissingMessage
{
    [Parameter, EditorRequired]
    public required LinkedMessage Link { get; set; }

    [Parameter]
    public EventCallback OnClose { get; set; }

    [Parameter]
    public EventCallback Retry { get; set; }

    [Inject]
    public required IStringLocalizer<MessageText> Text { get; init; }
}
