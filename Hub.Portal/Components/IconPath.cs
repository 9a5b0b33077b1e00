namespace Hub.Portal.Components;

/// <summary>Our icons, as paths on a grid of 24 by 24.</summary>
public static class IconPath
{
    public const string Hub = "M12 9.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5M12 3v6.5M12 14.5V21M3 12h6.5M14.5 12H21";
    public const string Overview = "M4 20V13M10 20V5M16 20V9M21 20H3";
    public const string Live = "M3 12h4l3-8 4 16 3-8h4";
    public const string Device = "M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4";
    public const string Activity = "M12 7v5l3 2M21 12a9 9 0 1 1-3-6.7M21 3v5h-5";
    public const string History = "M5 6c0-4 14-4 14 0v12c0 4-14 4-14 0zM5 6c0 4 14 4 14 0M5 12c0 4 14 4 14 0";
    public const string Search = "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.5 15.5L20 20";
    public const string Plus = "M12 5v14M5 12h14";
    public const string Close = "M6 6l12 12M18 6L6 18";
    public const string Check = "M5 12.5l4.5 4.5L19 7.5";
    public const string Copy = "M9 9h11v11H9zM5 15H4V4h11v1";
    public const string Eye = "M2.5 12S6 5.5 12 5.5S21.5 12 21.5 12S18 18.5 12 18.5S2.5 12 2.5 12M12 9.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5";
    public const string EyeOff = "M4 4l16 16M9.9 5.7A9.5 9.5 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3 3.7M6.5 7.5A16.5 16.5 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 4.6-1.3";
    public const string Rotate = "M20 11a8 8 0 0 0-14-4.5L4 9M4 4v5h5M4 13a8 8 0 0 0 14 4.5L20 15M20 20v-5h-5";
    public const string Trash = "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5";
    public const string Pause = "M8 5v14M16 5v14";
    public const string Play = "M7 4.5v15L19 12z";
    public const string ChevronDown = "M6 9l6 6 6-6";
    public const string ChevronUp = "M6 15l6-6 6 6";
    public const string ChevronLeft = "M15 6l-6 6 6 6";
    public const string ChevronRight = "M9 6l6 6-6 6";
    public const string ArrowUp = "M12 19V5M6 11l6-6 6 6";
    public const string ArrowDown = "M12 5v14M6 13l6 6 6-6";
    public const string Sun = "M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4";
    public const string Moon = "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z";
    public const string Monitor = "M3 5h18v11H3zM8 20h8M12 16v4";
    public const string Keyboard = "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M7 14h10";
    public const string SignOut = "M10 4H5v16h5M15 8l4 4-4 4M19 12H9";
    public const string Warning = "M12 4L2.5 20h19zM12 10v4M12 17h.01";
    public const string Info = "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 11v5M12 8h.01";
    public const string PanelClose = "M4 5h16v14H4zM9 5v14M16 10l-2 2 2 2";
    public const string PanelOpen = "M4 5h16v14H4zM9 5v14M14 10l2 2-2 2";
    public const string Key = "M8 11a4 4 0 1 0 0 8a4 4 0 1 0 0-8M11 12.5L20 4M16 8l3 3";
    public const string Download = "M12 4v11M7 10.5l5 5 5-5M4 20h16";
    public const string Filter = "M4 5h16l-6 8v6l-4-2v-4z";
    public const string Columns = "M4 5h16v14H4zM10 5v14M15 5v14";
    public const string Tag = "M4 4h8l8 8-8 8-8-8zM8 8h.01";
    public const string Link = "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1";
    public const string More = "M5 11.4a.6 .6 0 1 0 0 1.2a.6 .6 0 1 0 0-1.2M12 11.4a.6 .6 0 1 0 0 1.2a.6 .6 0 1 0 0-1.2M19 11.4a.6 .6 0 1 0 0 1.2a.6 .6 0 1 0 0-1.2";
    public const string Ban = "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M5.7 5.7l12.6 12.6";
    public const string Chart = "M4 4v16h16M7 15l4-5 3 3 5-7";
}
