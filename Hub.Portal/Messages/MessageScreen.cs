using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Hub.Portal.Messages;

/// <inheritdoc/>
public sealed class MessageScreen(IJSRuntime js) : IMessageScreen, IAsyncDisposable
{
    private readonly Dictionary<string, DotNetObjectReference<GridEvents>> _attached = [];
    private Task<IJSObjectReference>? _module;

    private Task<IJSObjectReference> Module => _module ??= js.InvokeAsync<IJSObjectReference>("import", "./js/messages.js").AsTask();

    public async ValueTask<double> AttachAsync(ElementReference grid, GridEvents events)
    {
        var reference = DotNetObjectReference.Create(events);
        _attached[grid.Id] = reference;
        return await (await Module).InvokeAsync<double>("attach", grid, reference);
    }

    public void Detach(ElementReference grid)
    {
        // The element leaves the page by itself, and with it its listeners.
        if (_attached.Remove(grid.Id, out var reference))
            reference.Dispose();
    }

    public ValueTask TailAsync(ElementReference grid) => InvokeAsync("tail", grid);

    public ValueTask FollowAsync(ElementReference grid, bool follows) => InvokeAsync("follow", grid, follows);

    public ValueTask ScrollToAsync(ElementReference grid, double top) => InvokeAsync("scrollTo", grid, top);

    public ValueTask FocusAsync(ElementReference element) => InvokeAsync("focus", element);

    public async ValueTask<double> WidthAsync(ElementReference element) => await (await Module).InvokeAsync<double>("width", element);

    public ValueTask MakeResizableAsync(ElementReference separator, ElementReference pane) => InvokeAsync("resizable", separator, pane);

    public ValueTask DownloadAsync(string name, string type, byte[] bytes) => InvokeAsync("download", name, type, bytes);

    public async ValueTask DisposeAsync()
    {
        foreach (var reference in _attached.Values)
            reference.Dispose();
        if (_module is not null)
            await (await _module).DisposeAsync();
    }

    // With the module loaded the call goes out before the first await, so what was drawn and where it is scrolled to change together.
    private async ValueTask InvokeAsync(string name, params object?[] arguments) => await (await Module).InvokeVoidAsync(name, arguments);
}
