using Hub.Server.Messaging.DeviceToCloud;
using Microsoft.Extensions.Options;

namespace Hub.Server.Storage.Telemetry;

/// <summary>Registers the durable log as the engine's <see cref="IMessageLog"/>. Needs a <see cref="DataDirectory"/> among the services.</summary>
internal static class TelemetryRegistration
{
    public static IServiceCollection AddTelemetryLog(this IServiceCollection services)
    {
        services.AddSingleton<TelemetryDamage>();
        services.AddSingleton(provider => new SqliteMessageLog(
            TelemetryLogOptions.From(
                provider.GetRequiredService<IOptions<DeviceToCloudOptions>>().Value,
                provider.GetRequiredService<DataDirectory>().TelemetryPath),
            provider.GetRequiredService<TelemetryDamage>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SqliteMessageLog>>()));
        services.AddSingleton<IMessageLog>(provider => provider.GetRequiredService<SqliteMessageLog>());
        services.AddHostedService<TelemetryMaintenance>();
        return services;
    }
}
