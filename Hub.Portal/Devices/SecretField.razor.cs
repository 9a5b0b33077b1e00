using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>A secret, masked until it is asked for; it can be copied unseen.</summary>
public sealed partial class SecretField
{
    // Of one length, so that the mask tells nothing.
    private const string Mask = "••••••••••••••••••••••••";
    private bool _shown;

    [Parameter, EditorRequired]
    public required string Name { get; set; }

    [Parameter, EditorRequired]
    public required string Value { get; set; }

    /// <summary>Further actions.</summary>
    [Parameter]
    public RenderFragment? ChildContent { get; set; }

    [Parameter]
    public string? TestId { get; set; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    private string Toggle => Text[_shown ? "Conceal" : "Reveal", Name];
}
