namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// The user name of a CONNECT: <c>{host}/{clientId}/?api-version=…&amp;…</c>, the older <c>{host}/{clientId}/api-version=…</c> without
/// the question mark, or <c>{host}/{clientId}</c> alone (wire contract, section 3).
/// </summary>
/// <param name="HostName">The hub's name as the device wrote it.</param>
/// <param name="ClientId">The device's id.</param>
/// <param name="ModelId">The model that the device announces; null when none.</param>
internal sealed record MqttUserName(string HostName, string ClientId, string? ModelId)
{
    private const int MaxModelId = 256;

    /// <summary>Reads a user name; null when it has none of the forms.</summary>
    public static MqttUserName? TryParse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        var host = text.IndexOf('/', StringComparison.Ordinal);
        if (host <= 0)
            return null;

        // The id ends at a slash, or with the text: it may itself hold '?' and '=', but no slash.
        var rest = text[(host + 1)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var clientId = slash < 0 ? rest : rest[..slash];
        if (clientId.Length == 0)
            return null;

        var parameters = slash < 0 ? string.Empty : rest[(slash + 1)..].TrimStart('?');
        return new MqttUserName(text[..host], clientId, FindModelId(parameters));
    }

    /// <summary>Of a parameter given twice the first counts.</summary>
    private static string? FindModelId(string parameters)
    {
        foreach (var parameter in parameters.Split('&'))
        {
            if (parameter.StartsWith("model-id=", StringComparison.Ordinal))
            {
                var value = Uri.UnescapeDataString(parameter["model-id=".Length..]);
                return value.Length is > 0 and <= MaxModelId ? value : null;
            }
        }

        return null;
    }
}
