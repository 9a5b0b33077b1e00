using Microsoft.AspNetCore.Components;

namespace Hub.Portal.Messages;

/// <summary>What the pages with messages ask of the browser beyond drawing.</summary>
public interface IMessageScreen
{
    /// <summary>Begins to report how a grid is scrolled and clicked; gives its height in pixels.</summary>
    ValueTask<double> AttachAsync(ElementReference grid, GridEvents events);

    void Detach(ElementReference grid);

    /// <summary>Scrolls to the newest row if the grid follows.</summary>
    ValueTask TailAsync(ElementReference grid);

    /// <summary>Whether the grid follows the newest row.</summary>
    ValueTask FollowAsync(ElementReference grid, bool follows);

    ValueTask ScrollToAsync(ElementReference grid, double top);

    ValueTask FocusAsync(ElementReference element);

    /// <summary>How wide an element is, in pixels.</summary>
    ValueTask<double> WidthAsync(ElementReference element);

    /// <summary>Lets the separator change the width of the pane after it.</summary>
    ValueTask MakeResizableAsync(ElementReference separator, ElementReference pane);

    /// <summary>Hands a file to the operator.</summary>
    ValueTask DownloadAsync(string name, string type, byte[] bytes);
}
