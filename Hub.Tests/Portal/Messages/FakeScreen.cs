using System.Globalization;
using Bunit;
using Hub.Portal.Messages;
using Microsoft.AspNetCore.Components;

namespace Hub.Tests.Portal.Messages;

/// <summary>A browser's window with one grid in it; the test scrolls and clicks.</summary>
internal sealed class FakeScreen : IMessageScreen
{
    private GridEvents? _events;

    public Task ClickAsync<TPage>(IRenderedComponent<TPage> page, long number)
        where TPage : IComponent =>
        page.InvokeAsync(() => _events!.Clicked(number.ToString(CultureInfo.InvariantCulture), 0));

    /// <summary>Scrolls to the last row by hand.</summary>
    public Task ScrollToEndAsync<TPage>(IRenderedComponent<TPage> page)
        where TPage : IComponent =>
        page.InvokeAsync(() => _events!.Scrolled(0, 600, true, true));

    public ValueTask<double> AttachAsync(ElementReference grid, GridEvents events)
    {
        _events = events;
        return new(600);
    }

    public void Detach(ElementReference grid) => _events = null;

    public ValueTask TailAsync(ElementReference grid) => default;

    public ValueTask FollowAsync(ElementReference grid, bool follows) => default;

    public ValueTask ScrollToAsync(ElementReference grid, double top) => default;

    public ValueTask FocusAsync(ElementReference element) => default;

    public ValueTask<double> WidthAsync(ElementReference element) => new(100);

    public ValueTask MakeResizableAsync(ElementReference separator, ElementReference pane) => default;

    public ValueTask DownloadAsync(string name, string type, byte[] bytes) => default;
}
