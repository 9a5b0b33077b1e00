namespace Hub.Portal.Components;

/// <summary>Names the texts in <c>CommonText.resx</c>.</summary>
public sealed class CommonText;
