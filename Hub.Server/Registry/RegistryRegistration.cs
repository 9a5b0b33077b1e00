namespace Hub.Server.Registry;

/// <summary>Registers the registry; its store is registered by Storage.</summary>
internal static class RegistryRegistration
{
    public static IServiceCollection AddRegistry(this IServiceCollection services)
    {
        services.AddOptions<HubOptions>().BindConfiguration(HubOptions.Section).ValidateSettings(HubOptions.Section);
        services.AddSingleton<DeviceRegistry>();
        return services;
    }
}
