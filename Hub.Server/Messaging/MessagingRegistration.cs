using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;

namespace Hub.Server.Messaging;

/// <summary>Registers the engine. Its ports (<see cref="IMessageLog"/>, the stores) are registered by their room.</summary>
internal static class MessagingRegistration
{
    public static IServiceCollection AddMessaging(this IServiceCollection services)
    {
        services.AddOptions<DeviceToCloudOptions>().BindConfiguration(DeviceToCloudOptions.Section).ValidateSettings(DeviceToCloudOptions.Section);

        // Sessions. The history writer starts first and stops last, so that it hears of every link.
        services.AddSingleton<SessionTable>();
        services.AddSingleton<SessionMetrics>();
        services.AddSingleton<ConnectionHistoryWriter>();
        services.AddSingleton<DeviceRefusals>();
        services.AddHostedService(provider => provider.GetRequiredService<ConnectionHistoryWriter>());
        services.AddHostedService<TokenExpiryWatch>();

        // DeviceToCloud. The writer stops after the heads, so that what they took is still committed.
        services.AddSingleton<MessageWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<MessageWriter>());
        services.AddHostedService<Retention>();
        services.AddSingleton<IngestGate>();
        services.AddSingleton<IngestMetrics>();
        services.AddSingleton<MessageFeed>();
        services.AddSingleton<MessageIngress>();
        return services;
    }
}
