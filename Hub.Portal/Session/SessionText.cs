namespace Hub.Portal.Session;

/// <summary>Names the texts in <c>SessionText.resx</c>.</summary>
public sealed class SessionText;
