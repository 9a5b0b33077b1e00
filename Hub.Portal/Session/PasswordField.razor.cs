using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Session;

/// <summary>A password with a button that shows it.</summary>
public sealed partial class PasswordField
{
    private bool _shown;

    [Parameter, EditorRequired]
    public required string Id { get; set; }

    [Parameter, EditorRequired]
    public required string Label { get; set; }

    [Parameter]
    public string Value { get; set; } = string.Empty;

    [Parameter]
    public EventCallback<string> ValueChanged { get; set; }

    /// <summary>What a password keeper should do.</summary>
    [Parameter]
    public string AutoComplete { get; set; } = "current-password";

    /// <summary>Where typing begins on the page.</summary>
    [Parameter]
    public bool First { get; set; }

    [Parameter]
    public string? Hint { get; set; }

    [Parameter]
    public string? Fault { get; set; }

    [Inject]
    public required IStringLocalizer<SessionText> Text { get; init; }

    private string Toggle => Text[_shown ? "HidePassword" : "ShowPassword"];

    private Task ChangeAsync(ChangeEventArgs change) => ValueChanged.InvokeAsync(change.Value as string ?? string.Empty);
}
