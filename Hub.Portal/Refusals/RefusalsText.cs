namespace Hub.Portal.Refusals;

/// <summary>Names the texts in <c>RefusalsText.resx</c>.</summary>
public sealed class RefusalsText;
