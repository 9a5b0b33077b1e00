using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Components;

/// <summary>A command to copy into a terminal.</summary>
public sealed partial class CommandLine
{
    [Parameter, EditorRequired]
    public required string Command { get; set; }

    [Inject]
    public required IStringLocalizer<CommonText> Text { get; init; }
}
