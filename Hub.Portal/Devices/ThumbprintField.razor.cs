using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>A certificate's thumbprint, checked while it is typed.</summary>
public sealed partial class ThumbprintField
{
    [Parameter, EditorRequired]
    public required string Id { get; set; }

    [Parameter, EditorRequired]
    public required string Label { get; set; }

    [Parameter]
    public string Value { get; set; } = string.Empty;

    [Parameter]
    public EventCallback<string> ValueChanged { get; set; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    // Whether it is there at all is asked when the form is sent.
    private string? Fault => Thumbprint.Fault(Value, needed: false, Text);

    private Task ChangeAsync(ChangeEventArgs change) => ValueChanged.InvokeAsync(change.Value as string ?? string.Empty);
}
