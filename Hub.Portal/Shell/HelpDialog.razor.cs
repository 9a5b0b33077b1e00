using Hub.Portal.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;

namespace Hub.Portal.Shell;

/// <summary>Lists the shortcuts in force.</summary>
public sealed partial class HelpDialog
{
    [CascadingParameter]
    public required IMudDialogInstance Dialog { get; set; }

    [Inject]
    public required ShortcutTable Table { get; init; }

    [Inject]
    public required IStringLocalizer<ShellText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }
}
