namespace Hub.Portal.Messages;

/// <summary>Names the texts in <c>MessageText.resx</c>.</summary>
public sealed class MessageText;
