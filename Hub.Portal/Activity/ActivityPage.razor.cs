using Hub.Portal.Api;
using Hub.Shared.Operations;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Activity;

/// <summary>The audit log: who did what, the newest first.</summary>
public sealed partial class ActivityPage
{
    private List<AuditEntry>? _entries;
    private string? _next;
    private ApiProblem? _problem;
    private bool _busy;

    [Inject]
    public required IActivityClient Client { get; init; }

    [Inject]
    public required IStringLocalizer<ActivityText> Text { get; init; }

    protected override Task OnInitializedAsync() => ReloadAsync();

    private Task ReloadAsync() => LoadAsync(null);

    private Task MoreAsync() => LoadAsync(_next);

    private async Task LoadAsync(string? cursor)
    {
        _busy = true;
        var result = await Client.ListAsync(cursor, CancellationToken.None);
        _busy = false;
        if (result.TryGet(out var page, out _problem))
        {
            _entries = cursor is null ? [.. page.Items] : [.. _entries ?? [], .. page.Items];
            _next = page.NextCursor;
        }
    }
}
