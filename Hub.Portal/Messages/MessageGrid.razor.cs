using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Messages;

/// <summary>
/// A thin grid of messages: rows of one height, only those in sight are in the page, drawn anew in place. It draws when its parameters
/// change and when <see cref="Refresh"/> is called, so a stream costs one drawing however many rows came.
/// </summary>
public sealed partial class MessageGrid : IDisposable
{
    /// <summary>In pixels; the style sheet has the same.</summary>
    internal const int RowHeight = 28;

    private const int HeadHeight = 32;

    /// <summary>Rows drawn beyond both edges, so that a quick scroll does not show the ground.</summary>
    private const int Overscan = 12;

    private const string SelectedId = "selected-message";

    private ElementReference _grid;
    private MessageColumns? _laidOut;
    private string _template = string.Empty;
    private int _leastWidth;
    private string[] _classes = [];
    private int _first;
    private int _end;
    private double _top;
    private double _height = 600;
    private bool _followed;
    private bool _selectedIsDrawn;

    [Parameter, EditorRequired]
    public required string Label { get; set; }

    /// <summary>Whether the newest row, the last, is kept in sight.</summary>
    [Parameter]
    public bool Follows { get; set; }

    [Parameter]
    public EventCallback<JsonPath> OnChart { get; set; }

    [Inject]
    public required IMessageScreen Screen { get; init; }

    [Inject]
    public required IStringLocalizer<MessageText> Text { get; init; }

    [Parameter, EditorRequired]
    public required IMessageRows Rows { get; set; }

    [Parameter, EditorRequired]
    public required MessageColumns Columns { get; set; }

    [Parameter]
    public MessageRow? Selected { get; set; }

    [Parameter]
    public EventCallback<MessageRow> OnSelect { get; set; }

    /// <summary>A hand scrolled away from the newest row.</summary>
    [Parameter]
    public EventCallback OnLeaveEnd { get; set; }

    /// <summary>A hand scrolled to the last row.</summary>
    [Parameter]
    public EventCallback OnReachEnd { get; set; }

    /// <summary>Where what is missing can be read.</summary>
    [Parameter]
    public Func<MessageGap, string?>? GapAddress { get; set; }

    private int InSight => (int)Math.Ceiling(Math.Max(0, _height - HeadHeight) / RowHeight);

    private double EndTop => Math.Max(0, ((double)Rows.Count * RowHeight) + HeadHeight - _height);

    /// <summary>Draws what the rows are now.</summary>
    public void Refresh()
    {
        LayOut();
        StateHasChanged();
    }

    /// <summary>Scrolls so that a row is in sight.</summary>
    public ValueTask ShowAsync(int index)
    {
        double above = index * RowHeight, below = above + RowHeight + HeadHeight - _height;
        if (_top <= above && _top >= below)
            return ValueTask.CompletedTask;
        _top = Math.Max(0, above < _top ? above : below);
        Refresh();
        return Screen.ScrollToAsync(_grid, _top);
    }

    /// <summary>Gives the grid the focus, as after the detail pane was closed.</summary>
    public ValueTask FocusAsync() => Screen.FocusAsync(_grid);

    /// <summary>The row in the middle of what is seen; where the keyboard begins.</summary>
    public int FirstInSight() => Rows.Count == 0 ? -1 : Follows ? Rows.Count - 1 : Math.Clamp((int)Math.Ceiling(_top / RowHeight), 0, Rows.Count - 1);

    public void Dispose() => Screen.Detach(_grid);

    protected override void OnParametersSet()
    {
        if (_followed && !Follows)
            _top = EndTop;
        if (!ReferenceEquals(_laidOut, Columns))
        {
            _laidOut = Columns;
            _template = string.Join(' ', Columns.Items.Select(column => WidthOf(column, Columns.HasDates).Template));
            _leastWidth = Columns.Items.Sum(column => WidthOf(column, Columns.HasDates).Least);
            _classes = [.. Columns.Items.Select(column => column.Kind is MessageColumnKind.Properties or MessageColumnKind.Body ? "mono soft" : "mono")];
        }

        LayOut();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _height = await Screen.AttachAsync(_grid, new GridEvents(OnScrolled, OnClicked));
            await Screen.FollowAsync(_grid, Follows);
            _followed = Follows;
            Refresh();
            return;
        }

        if (_followed != Follows)
        {
            _followed = Follows;
            await Screen.FollowAsync(_grid, Follows);
        }
        else if (Follows)
        {
            await Screen.TailAsync(_grid);
        }
    }

    private static (int Least, string Template) WidthOf(MessageColumn column, bool dates) => column.Kind switch
    {
        MessageColumnKind.Time when dates => (208, "208px"),
        MessageColumnKind.Time => (128, "128px"),
        MessageColumnKind.Device => (136, "minmax(136px, 200px)"),
        MessageColumnKind.Sequence => (96, "96px"),
        MessageColumnKind.Partition => (72, "72px"),
        MessageColumnKind.Properties => (140, "minmax(140px, 1fr)"),
        MessageColumnKind.Body => (240, "minmax(240px, 3fr)"),
        _ => (110, "minmax(110px, 160px)"),
    };

    private void LayOut()
    {
        var (first, end) = Follows
            ? (Rows.Count - InSight - 2, Rows.Count)
            : ((int)(_top / RowHeight) - Overscan, (int)(_top / RowHeight) + InSight + Overscan);
        _end = Math.Clamp(end, 0, Rows.Count);
        _first = Math.Clamp(first, 0, _end);
        _selectedIsDrawn = Selected is not null && Enumerable.Range(_first, _end - _first).Any(index => IsSelected(Rows[index]));
    }

    /// <summary>Also when it was opened another way than from this list.</summary>
    private bool IsSelected(MessageRow row) =>
        row == Selected
        || (Selected is { Number: MessageRow.NoNumber, Item: { } opened } && row.Item is { } item && MessagePlace.Of(item) == MessagePlace.Of(opened));

    private void OnScrolled(double top, double height, bool atEnd, bool byUser)
    {
        (_top, _height) = (top, height);
        if (byUser && Follows && !atEnd)
            _ = OnLeaveEnd.InvokeAsync();
        else if (byUser && !Follows && atEnd)
            _ = OnReachEnd.InvokeAsync();
        Refresh();
    }

    private void OnClicked(long number, double top)
    {
        _top = top;
        if (Rows.Count == 0)
            return;
        var index = number - Rows[0].Number;
        if (index >= 0 && index < Rows.Count && Rows[(int)index] is { Item: not null } row)
            _ = OnSelect.InvokeAsync(row);
    }

    private string TitleOf(MessageColumn column) => column.Kind switch
    {
        MessageColumnKind.Property or MessageColumnKind.SystemProperty or MessageColumnKind.Path => VisibleText.Line(column.Name),
        _ => Text[string.Create(CultureInfo.InvariantCulture, $"Column_{column.Key}")],
    };
}
