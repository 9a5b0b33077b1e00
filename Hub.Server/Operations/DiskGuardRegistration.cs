using Hub.Server.Registry;
using Microsoft.Extensions.Options;

namespace Hub.Server.Operations;

/// <summary>Registers the guard of the data directory's volume.</summary>
internal static class DiskGuardRegistration
{
    public static IServiceCollection AddDiskGuard(this IServiceCollection services)
    {
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>();
        services.AddSingleton(provider => new DiskSpace(DataDirectoryOf(provider)));
        services.AddSingleton(provider => new Ballast(Path.Combine(DataDirectoryOf(provider), Ballast.FileName)));
        services.AddHostedService<DiskGuard>();
        return services;
    }

    private static string DataDirectoryOf(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<HubOptions>>().Value.FullDataDirectory;
}
