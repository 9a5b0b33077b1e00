using System.Globalization;
using Hub.Portal.Api;
using Hub.Shared.Api;
using Hub.Shared.Devices;

namespace Hub.Portal.Devices;

/// <summary>The registry, as the device pages use it.</summary>
public interface IDevicesClient
{
    Task<ApiResult<DevicePage>> ListAsync(DeviceQuery query, CancellationToken cancellationToken);

    Task<ApiResult<DeviceDetails>> GetAsync(DeviceId id, CancellationToken cancellationToken);

    Task<ApiResult<DeviceDetails>> CreateAsync(DeviceId id, DeviceChange change, CancellationToken cancellationToken);

    /// <summary>Changes the device if it is still what <paramref name="etag"/> names; 412 otherwise.</summary>
    Task<ApiResult<DeviceDetails>> UpdateAsync(DeviceId id, string etag, DeviceChange change, CancellationToken cancellationToken);

    Task<ApiResult<Done>> DeleteAsync(DeviceId id, CancellationToken cancellationToken);

    Task<ApiResult<DeviceKeys>> GetKeysAsync(DeviceId id, CancellationToken cancellationToken);

    Task<ApiResult<DeviceKeys>> RotateKeyAsync(DeviceId id, KeySlot slot, CancellationToken cancellationToken);

    Task<ApiResult<DeviceToken>> CreateTokenAsync(DeviceId id, TimeSpan timeToLive, CancellationToken cancellationToken);

    Task<ApiResult<Page<ConnectionHistoryEntry>>> ListConnectionsAsync(DeviceId id, CancellationToken cancellationToken);
}

/// <inheritdoc/>
public sealed class DevicesClient(ApiClient api) : IDevicesClient
{
    private static readonly PortalJson Json = PortalJson.Default;

    public Task<ApiResult<DevicePage>> ListAsync(DeviceQuery query, CancellationToken cancellationToken) =>
        api.GetAsync(ApiRoutes.Devices + QueryString(query), Json.DevicePage, cancellationToken);

    public Task<ApiResult<DeviceDetails>> GetAsync(DeviceId id, CancellationToken cancellationToken) =>
        api.GetAsync(ApiRoutes.Device(id), Json.DeviceDetails, cancellationToken);

    public Task<ApiResult<DeviceDetails>> CreateAsync(DeviceId id, DeviceChange change, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Put, ApiRoutes.Device(id), change, Json.DeviceChange, Json.DeviceDetails, null, cancellationToken);

    public Task<ApiResult<DeviceDetails>> UpdateAsync(DeviceId id, string etag, DeviceChange change, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Put, ApiRoutes.Device(id), change, Json.DeviceChange, Json.DeviceDetails, etag, cancellationToken);

    public Task<ApiResult<Done>> DeleteAsync(DeviceId id, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Delete, ApiRoutes.Device(id), null, cancellationToken);

    public Task<ApiResult<DeviceKeys>> GetKeysAsync(DeviceId id, CancellationToken cancellationToken) =>
        api.GetAsync(ApiRoutes.DeviceKeys(id), Json.DeviceKeys, cancellationToken);

    public Task<ApiResult<DeviceKeys>> RotateKeyAsync(DeviceId id, KeySlot slot, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Post, ApiRoutes.RotateDeviceKey(id, slot), Json.DeviceKeys, cancellationToken);

    public Task<ApiResult<DeviceToken>> CreateTokenAsync(DeviceId id, TimeSpan timeToLive, CancellationToken cancellationToken) =>
        api.SendAsync(
            HttpMethod.Post, ApiRoutes.DeviceToken(id), new DeviceTokenRequest(timeToLive), Json.DeviceTokenRequest, Json.DeviceToken, null, cancellationToken);

    public Task<ApiResult<Page<ConnectionHistoryEntry>>> ListConnectionsAsync(DeviceId id, CancellationToken cancellationToken) =>
        api.GetAsync(ApiRoutes.DeviceConnections(id), Json.PageConnectionHistoryEntry, cancellationToken);

    private static string QueryString(DeviceQuery query)
    {
        var fields = new (string Name, string? Value)[]
        {
            ("q", query.Q),
            ("status", DeviceListAddress.Text(query.Status)),
            ("connected", DeviceListAddress.Text(query.Connected)),
            ("tag", query.Tag),
            ("sort", DeviceListAddress.Text(query.Sort)),
            ("desc", query.Desc ? "true" : null),
            ("limit", query.Limit.ToString(CultureInfo.InvariantCulture)),
            ("cursor", query.Cursor),
        };
        return "?" + string.Join('&', fields.Where(field => !string.IsNullOrEmpty(field.Value)).Select(field => $"{field.Name}={Uri.EscapeDataString(field.Value!)}"));
    }
}
