using System.Globalization;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Server.Protocols.Http;

/// <summary>Between the registry's devices and the wire contract's JSON.</summary>
internal static class DeviceDocumentMapper
{
    private const string Never = "0001-01-01T00:00:00";

    /// <summary>The device with its keys, as clients of this interface expect; whether it is connected is what is true now.</summary>
    public static DeviceDocument ToDocument(Device device, SessionTable sessions)
    {
        var presence = sessions.PresenceOf(device);
        var keys = device.Credentials as DeviceCredentials.SymmetricKeys;
        return new DeviceDocument
        {
            DeviceId = device.Id.Value,
            GenerationId = device.GenerationId,
            Etag = device.ETag,
            ConnectionState = presence.ConnectionState.ToString(),
            Status = device.Status == DeviceStatus.Enabled ? "enabled" : "disabled",
            StatusReason = string.IsNullOrEmpty(device.StatusReason) ? null : device.StatusReason,
            ConnectionStateUpdatedTime = TimeText(presence.ConnectionStateUpdatedTime),
            StatusUpdatedTime = TimeText(device.StatusUpdatedTime),
            LastActivityTime = TimeText(presence.LastActivityTime),
            Authentication = new AuthenticationDocument
            {
                SymmetricKey = new SymmetricKeyDocument(keys?.Primary.ToBase64(), keys?.Secondary.ToBase64()),
                X509Thumbprint = ThumbprintsOf(device),
                Type = TypeText(device.Credentials.Type),
            },
            Capabilities = new CapabilitiesDocument(false),
            CloudToDeviceMessageCount = device.QueueDepth,
        };
    }

    public static QueryItemDocument ToQueryItem(Device device, SessionTable sessions)
    {
        var document = ToDocument(device, sessions);
        return new QueryItemDocument
        {
            DeviceId = device.Id.Value,
            Etag = device.ETag,
            DeviceEtag = device.ETag,
            Status = document.Status,
            StatusReason = document.StatusReason,
            StatusUpdateTime = document.StatusUpdatedTime,
            ConnectionState = document.ConnectionState,
            LastActivityTime = document.LastActivityTime,
            CloudToDeviceMessageCount = document.CloudToDeviceMessageCount,
            AuthenticationType = document.Authentication?.Type,
            X509Thumbprint = ThumbprintsOf(device),
            Tags = device.Tags,
            Capabilities = new CapabilitiesDocument(false),
        };
    }

    /// <summary>
    /// The change that a document asks for, or why it asks for none. A document is the whole registration, so a reason that it does not
    /// carry is cleared; keys that it does not carry stay, or are generated.
    /// </summary>
    public static (DeviceChange? Change, string? Fault) ToChange(string? status, string? statusReason, AuthenticationDocument? authentication)
    {
        DeviceStatus? parsedStatus = null;
        if (!string.IsNullOrEmpty(status))
        {
            if (!TryParseStatus(status, out var value))
                return (null, "status is enabled or disabled.");
            parsedStatus = value;
        }

        AuthenticationType? type = null;
        if (!string.IsNullOrEmpty(authentication?.Type))
        {
            if (!TryParseType(authentication.Type, out var value))
                return (null, "authentication.type is sas, selfSigned or none.");
            type = value;
        }

        // Clients send both parts whatever the type; only the type's own counts.
        var keys = type is null or AuthenticationType.Sas ? authentication?.SymmetricKey : null;
        var prints = type is null or AuthenticationType.SelfSigned ? authentication?.X509Thumbprint : null;
        // The document is the whole device: a thumbprint that it leaves out is taken away.
        string? Thumbprint(string? given) => type == AuthenticationType.SelfSigned ? given ?? string.Empty : given;
        return (new DeviceChange
        {
            Status = parsedStatus,
            StatusReason = statusReason ?? string.Empty,
            AuthenticationType = type,
            PrimaryKey = keys?.PrimaryKey,
            SecondaryKey = keys?.SecondaryKey,
            PrimaryThumbprint = Thumbprint(prints?.PrimaryThumbprint),
            SecondaryThumbprint = Thumbprint(prints?.SecondaryThumbprint),
        }, null);
    }

    private static bool TryParseStatus(string text, out DeviceStatus status)
    {
        status = text.Equals("disabled", StringComparison.OrdinalIgnoreCase) ? DeviceStatus.Disabled : DeviceStatus.Enabled;
        return status == DeviceStatus.Disabled || text.Equals("enabled", StringComparison.OrdinalIgnoreCase);
    }

    private static bool TryParseType(string text, out AuthenticationType type)
    {
        foreach (var candidate in Enum.GetValues<AuthenticationType>())
        {
            if (text.Equals(TypeText(candidate), StringComparison.OrdinalIgnoreCase))
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }

    private static string TypeText(AuthenticationType type) => type switch
    {
        AuthenticationType.SelfSigned => "selfSigned",
        AuthenticationType.None => "none",
        _ => "sas",
    };

    private static ThumbprintDocument ThumbprintsOf(Device device) =>
        device.Credentials is DeviceCredentials.Thumbprints prints ? new(prints.Primary, prints.Secondary) : new(null, null);

    private static string TimeText(DateTimeOffset? time) =>
        time is { } value ? value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture) : Never;
}
