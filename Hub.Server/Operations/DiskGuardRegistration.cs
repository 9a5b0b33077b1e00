using Microsoft.Extensions.Options;

namespace Hub.Server.Operations;

/// <summary>Registers the guard of the data directory's volume.</summary>
internal static class DiskGuardRegistration
{
    public static IServiceCollection AddDiskGuard(this IServiceCollection services)
    {
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>();
        services.AddSingleton(provider => new Ballast(Path.Combine(provider.GetRequiredService<DiskSpace>().Directory, Ballast.FileName)));
        services.AddHostedService<DiskGuard>();
        return services;
    }
}
