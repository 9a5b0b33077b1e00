using Hub.Shared.Devices;

namespace Hub.Portal.Devices;

/// <summary>How the list's filters stand in an address, the page's and the API's alike.</summary>
internal static class DeviceListAddress
{
    /// <summary>The page of a device. Ids may hold <c>%</c>, <c>=</c> and <c>@</c>.</summary>
    public static string Of(DeviceId id) => $"devices/{Uri.EscapeDataString(id.Value)}";

    public static string? Text(DeviceStatus? status) => status switch
    {
        DeviceStatus.Enabled => "enabled",
        DeviceStatus.Disabled => "disabled",
        _ => null,
    };

    public static string? Text(bool? value) => value switch { true => "true", false => "false", null => null };

    /// <summary>The default order has no name, so that a plain list has a plain address.</summary>
    public static string? Text(DeviceSort sort) => sort switch
    {
        DeviceSort.LastActivity => "lastActivity",
        DeviceSort.Created => "created",
        _ => null,
    };

    public static DeviceStatus? Status(string? text) => text switch
    {
        "enabled" => DeviceStatus.Enabled,
        "disabled" => DeviceStatus.Disabled,
        _ => null,
    };

    public static DeviceSort Sort(string? text) => text switch
    {
        "lastActivity" => DeviceSort.LastActivity,
        "created" => DeviceSort.Created,
        _ => DeviceSort.Id,
    };
}
