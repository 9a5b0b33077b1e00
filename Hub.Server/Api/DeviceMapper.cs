using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Server.Api;

/// <summary>Shows a device as the API does: as registered, with the presence that is true this moment.</summary>
internal static class DeviceMapper
{
    public static DeviceDetails ToDetails(this Device device, SessionTable sessions)
    {
        var thumbprints = device.Credentials as DeviceCredentials.Thumbprints;
        var presence = sessions.PresenceOf(device);
        return new DeviceDetails
        {
            DeviceId = device.Id,
            GenerationId = device.GenerationId,
            ETag = device.ETag,
            Status = device.Status,
            StatusReason = device.StatusReason,
            StatusUpdatedTime = device.StatusUpdatedTime,
            CreatedTime = device.CreatedTime,
            AuthenticationType = device.Credentials.Type,
            PrimaryThumbprint = thumbprints?.Primary,
            SecondaryThumbprint = thumbprints?.Secondary,
            ConnectionState = presence.ConnectionState,
            ConnectionStateUpdatedTime = presence.ConnectionStateUpdatedTime,
            LastActivityTime = presence.LastActivityTime,
            Protocol = presence.Protocol,
            DisconnectReason = presence.DisconnectReason,
            Tags = device.Tags,
            CloudToDeviceMessageCount = device.QueueDepth,
        };
    }

    /// <summary>What a change asks for, in words for the audit log; of keys and tags no more than that they were given.</summary>
    public static string? Describe(DeviceChange change)
    {
        var given = new List<string>();
        if (change.Status is { } status)
            given.Add(status == DeviceStatus.Enabled ? "enabled" : "disabled");
        if (change.AuthenticationType is { } type)
            given.Add($"authentication {type}");
        if (change.PrimaryKey is not null || change.SecondaryKey is not null)
            given.Add("keys");
        if (change.PrimaryThumbprint is not null || change.SecondaryThumbprint is not null)
            given.Add("thumbprints");
        if (change.Tags is not null)
            given.Add("tags");
        return given.Count == 0 ? null : string.Join(", ", given);
    }
}
