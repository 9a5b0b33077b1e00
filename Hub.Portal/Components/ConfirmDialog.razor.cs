using Hub.Portal.Api;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;

namespace Hub.Portal.Components;

/// <summary>Asks before something that disturbs; stays open and says why when it fails. The focus begins on Cancel.</summary>
public sealed partial class ConfirmDialog
{
    private ElementReference _cancel;
    private string? _reason;
    private ApiProblem? _problem;
    private bool _busy;

    [CascadingParameter]
    public required IMudDialogInstance Dialog { get; set; }

    [Parameter]
    public required string Title { get; set; }

    [Parameter]
    public required string Message { get; set; }

    [Parameter]
    public string? Note { get; set; }

    /// <summary>Asks for a reason when set.</summary>
    [Parameter]
    public string? ReasonLabel { get; set; }

    [Parameter]
    public string? ReasonHint { get; set; }

    [Parameter]
    public required string Confirm { get; set; }

    /// <summary>What the button says meanwhile.</summary>
    [Parameter]
    public required string Busy { get; set; }

    /// <summary>Does it, with the reason; null when it worked.</summary>
    [Parameter]
    public required Func<string?, Task<ApiProblem?>> Act { get; set; }

    [Inject]
    public required IStringLocalizer<CommonText> Text { get; init; }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
            await _cancel.FocusAsync();
    }

    private async Task ActAsync()
    {
        if (_busy)
            return;
        _busy = true;
        _problem = await Act(string.IsNullOrWhiteSpace(_reason) ? null : _reason.Trim());
        _busy = false;
        if (_problem is null)
            Dialog.Close(DialogResult.Ok(true));
    }
}
