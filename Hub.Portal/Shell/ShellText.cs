namespace Hub.Portal.Shell;

/// <summary>Names the texts in <c>ShellText.resx</c>.</summary>
public sealed class ShellText;
