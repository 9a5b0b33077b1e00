using Hub.Shared.Devices;

namespace Hub.Shared.Security;

/// <summary>What a device client takes: <c>HostName=;DeviceId=;SharedAccessKey=</c>.</summary>
/// <param name="HostName">The name of the hub.</param>
/// <param name="DeviceId">The device.</param>
/// <param name="SharedAccessKey">One of its keys, base64.</param>
public sealed record DeviceConnectionString(string HostName, DeviceId DeviceId, string SharedAccessKey)
{
    /// <summary>The text; it holds the key.</summary>
    public string ToText() => $"HostName={HostName};DeviceId={DeviceId.Value};SharedAccessKey={SharedAccessKey}";

    /// <summary>Keeps the key out of logs and messages.</summary>
    public override string ToString() => $"HostName={HostName};DeviceId={DeviceId.Value}";
}

/// <summary>What a service client takes: <c>HostName=;SharedAccessKeyName=;SharedAccessKey=</c>.</summary>
/// <param name="HostName">The name of the hub.</param>
/// <param name="PolicyName">The shared access policy.</param>
/// <param name="SharedAccessKey">One of its keys, base64.</param>
public sealed record ServiceConnectionString(string HostName, string PolicyName, string SharedAccessKey)
{
    /// <summary>Reads the text; null when a part is missing.</summary>
    public static ServiceConnectionString? TryParse(string? text)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in (text ?? string.Empty).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !parts.TryAdd(part[..equals], part[(equals + 1)..]))
                return null;
        }

        return parts.TryGetValue("HostName", out var host)
            && parts.TryGetValue("SharedAccessKeyName", out var policy)
            && parts.TryGetValue("SharedAccessKey", out var key)
            ? new ServiceConnectionString(host, policy, key)
            : null;
    }

    /// <summary>The text; it holds the key.</summary>
    public string ToText() => $"HostName={HostName};SharedAccessKeyName={PolicyName};SharedAccessKey={SharedAccessKey}";

    /// <summary>Keeps the key out of logs and messages.</summary>
    public override string ToString() => $"HostName={HostName};SharedAccessKeyName={PolicyName}";
}
