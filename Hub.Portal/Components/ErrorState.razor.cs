using Hub.Portal.Api;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Components;

/// <summary>Says in place what failed and why, and offers to try again.</summary>
public sealed partial class ErrorState
{
    /// <summary>What failed.</summary>
    [Parameter, EditorRequired]
    public required string Title { get; set; }

    /// <summary>Why.</summary>
    [Parameter, EditorRequired]
    public required ApiProblem Problem { get; set; }

    [Parameter]
    public EventCallback Retry { get; set; }

    [Inject]
    public required IStringLocalizer<CommonText> Text { get; init; }
}
