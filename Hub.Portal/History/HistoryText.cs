namespace Hub.Portal.History;

/// <summary>Names the texts in <c>HistoryText.resx</c>.</summary>
public sealed class HistoryText;
