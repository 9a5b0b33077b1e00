namespace Hub.Portal.Home;

/// <summary>Names the texts in <c>OverviewText.resx</c>.</summary>
public sealed class OverviewText;
