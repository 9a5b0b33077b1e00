using Microsoft.JSInterop;

namespace Hub.Portal.Shell;

/// <summary>What the portal asks of the browser beyond drawing.</summary>
public interface IBrowser
{
    /// <summary>Copies a text; false when the browser did not let us.</summary>
    ValueTask<bool> CopyAsync(string text);

    /// <summary>Moves the focus to the page's search field; false when it has none.</summary>
    ValueTask<bool> FocusSearchAsync();

    /// <summary>The chosen theme: <c>system</c>, <c>light</c> or <c>dark</c>.</summary>
    ValueTask<string> GetThemeAsync();

    ValueTask SetThemeAsync(string theme);

    /// <summary>The rail: <c>wide</c> or <c>narrow</c>.</summary>
    ValueTask<string> GetRailAsync();

    ValueTask SetRailAsync(string rail);

    /// <summary>Moves the focus along the rows of the page's list.</summary>
    ValueTask MoveRowAsync(int step);

    /// <summary>Gives the focus back to what had it before a menu or a dialog took it and went.</summary>
    ValueTask RestoreFocusAsync();

    /// <summary>Shows the beginning of the page, as after its list became another.</summary>
    ValueTask ScrollToTopAsync();

    /// <summary>Begins to call <paramref name="press"/> with the shortcuts pressed.</summary>
    ValueTask ListenAsync(Func<string, Task> press);

    /// <summary>Begins to call <paramref name="act"/> when somebody uses the portal, at most once a minute; once for its life.</summary>
    ValueTask WatchActivityAsync(Func<Task> act);

    /// <summary>Says which shortcuts are wanted.</summary>
    ValueTask SetKeysAsync(IEnumerable<string> keys);
}

/// <inheritdoc/>
public sealed class Browser(IJSRuntime js) : IBrowser, IAsyncDisposable
{
    private Task<IJSObjectReference>? _module;
    private DotNetObjectReference<KeyListener>? _listener;
    private DotNetObjectReference<ActivityListener>? _activity;

    private Task<IJSObjectReference> Module => _module ??= js.InvokeAsync<IJSObjectReference>("import", "./js/portal.js").AsTask();

    public async ValueTask<bool> CopyAsync(string text) => await (await Module).InvokeAsync<bool>("copy", text);

    public async ValueTask<bool> FocusSearchAsync() => await (await Module).InvokeAsync<bool>("focusSearch");

    public async ValueTask MoveRowAsync(int step) => await (await Module).InvokeVoidAsync("moveRow", step);

    public async ValueTask RestoreFocusAsync() => await (await Module).InvokeVoidAsync("restoreFocus");

    public async ValueTask ScrollToTopAsync() => await (await Module).InvokeVoidAsync("scrollToTop");

    public ValueTask<string> GetThemeAsync() => js.InvokeAsync<string>("hubSettings.theme");

    public ValueTask SetThemeAsync(string theme) => js.InvokeVoidAsync("hubSettings.setTheme", theme);

    public ValueTask<string> GetRailAsync() => js.InvokeAsync<string>("hubSettings.rail");

    public ValueTask SetRailAsync(string rail) => js.InvokeVoidAsync("hubSettings.setRail", rail);

    public async ValueTask ListenAsync(Func<string, Task> press)
    {
        _listener = DotNetObjectReference.Create(new KeyListener(press));
        await (await Module).InvokeVoidAsync("listen", _listener);
    }

    public async ValueTask WatchActivityAsync(Func<Task> act)
    {
        if (_activity is not null)
            return;
        _activity = DotNetObjectReference.Create(new ActivityListener(act));
        await (await Module).InvokeVoidAsync("watchActivity", _activity);
    }

    // As one argument: an array of strings would be taken for the list of arguments, and all keys but the first be lost.
    public async ValueTask SetKeysAsync(IEnumerable<string> keys) => await (await Module).InvokeVoidAsync("setKeys", (object)keys.ToArray());

    public async ValueTask DisposeAsync()
    {
        if (_module is not null)
            await (await _module).DisposeAsync();
        _listener?.Dispose();
        _activity?.Dispose();
    }

    /// <summary>What the script calls.</summary>
    public sealed class KeyListener(Func<string, Task> press)
    {
        [JSInvokable]
        public Task Press(string key) => press(key);
    }

    /// <summary>What the script calls.</summary>
    public sealed class ActivityListener(Func<Task> act)
    {
        [JSInvokable]
        public Task Act() => act();
    }
}
