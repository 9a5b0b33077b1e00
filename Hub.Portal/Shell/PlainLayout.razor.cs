using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Shell;

/// <summary>A single panel, for those who are not signed in.</summary>
public sealed partial class PlainLayout
{
    [Inject]
    public required IStringLocalizer<ShellText> Text { get; init; }
}
