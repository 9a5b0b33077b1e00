namespace Hub.Portal.Activity;

/// <summary>Names the texts in <c>ActivityText.resx</c>.</summary>
public sealed class ActivityText;
