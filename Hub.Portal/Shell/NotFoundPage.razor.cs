using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Shell;

/// <summary>Shown for an address that leads nowhere.</summary>
public sealed partial class NotFoundPage
{
    [Inject]
    public required IStringLocalizer<ShellText> Text { get; init; }
}
