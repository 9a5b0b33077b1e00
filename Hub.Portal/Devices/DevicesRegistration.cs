namespace Hub.Portal.Devices;

/// <summary>Registers the device pages.</summary>
internal static class DevicesRegistration
{
    public static IServiceCollection AddDevices(this IServiceCollection services) =>
        services
            .AddScoped<IDevicesClient, DevicesClient>()
            .AddScoped<IHubInfoClient, HubInfoClient>()
            .AddScoped<DeviceDialogs>();
}
