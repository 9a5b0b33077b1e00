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
        };
    }
}
