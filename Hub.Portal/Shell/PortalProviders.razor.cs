using MudBlazor;

namespace Hub.Portal.Shell;

/// <summary>What MudBlazor's dialogs and popovers hang from. Its colours come from <c>css/mud.css</c>, so both themes have one source.</summary>
public sealed partial class PortalProviders
{
    private static readonly MudTheme Theme = new();
}
