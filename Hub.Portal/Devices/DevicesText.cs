namespace Hub.Portal.Devices;

/// <summary>Names the texts in <c>DevicesText.resx</c>.</summary>
public sealed class DevicesText;
