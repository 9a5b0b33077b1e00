namespace Hub.Portal.Live;

/// <summary>Names the texts in <c>LiveText.resx</c>.</summary>
public sealed class LiveText;
