namespace Hub.Portal.Shell;

/// <summary>
/// The shortcuts in force. The shell registers those that work everywhere, a page its own while it is shown; where both name a
/// key, the page's counts.
/// </summary>
public sealed class ShortcutTable(IBrowser browser)
{
    private readonly List<Registration> _registrations = [];
    private bool _listening;

    /// <summary>What the help dialog lists: the shell's, then the page's.</summary>
    public IReadOnlyList<IReadOnlyList<Shortcut>> Groups => [.. _registrations.Select(registration => registration.Shortcuts)];

    /// <summary>Adds shortcuts until what is returned is disposed.</summary>
    public async ValueTask<IAsyncDisposable> RegisterAsync(params Shortcut[] shortcuts)
    {
        var registration = new Registration(this, shortcuts);
        _registrations.Add(registration);
        if (!_listening)
        {
            _listening = true;
            await browser.ListenAsync(PressAsync);
        }

        await TellAsync();
        return registration;
    }

    /// <summary>Does what the key stands for; nothing when nobody registered it.</summary>
    public Task PressAsync(string key) =>
        _registrations.SelectMany(registration => registration.Shortcuts).LastOrDefault(shortcut => shortcut.Keys == key)?.Action()
        ?? Task.CompletedTask;

    private ValueTask TellAsync() =>
        browser.SetKeysAsync(_registrations.SelectMany(registration => registration.Shortcuts).Select(shortcut => shortcut.Keys).Distinct());

    private sealed class Registration(ShortcutTable table, IReadOnlyList<Shortcut> shortcuts) : IAsyncDisposable
    {
        public IReadOnlyList<Shortcut> Shortcuts => shortcuts;

        public ValueTask DisposeAsync() => table._registrations.Remove(this) ? table.TellAsync() : ValueTask.CompletedTask;
    }
}
