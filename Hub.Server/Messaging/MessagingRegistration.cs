using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Microsoft.Extensions.Options;

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

        // CloudToDevice. What was under way when the hub ended is given back before the doors open.
        services.AddOptions<CloudToDeviceOptions>().BindConfiguration(CloudToDeviceOptions.Section).ValidateSettings(CloudToDeviceOptions.Section);
        services.AddOptions<FeedbackOptions>().BindConfiguration(FeedbackOptions.Section).ValidateSettings(FeedbackOptions.Section);
        services.AddSingleton(provider => new DeviceBoundRules(provider.GetRequiredService<IOptions<CloudToDeviceOptions>>().Value));
        services.AddSingleton<CloudToDeviceMetrics>();
        services.AddSingleton<DeviceBoundQueue>();
        services.AddSingleton<DeviceBoundEnds>();
        services.AddSingleton<DeviceBoundFeed>();
        services.AddSingleton<DeviceBoundDispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<DeviceBoundDispatcher>());
        services.AddHostedService<RequestLocks>();
        services.AddHostedService<DeviceBoundSweep>();
        services.AddHostedService<DeviceBoundRetention>();
        services.AddSingleton<QueueWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<QueueWatch>());
        services.AddSingleton<DeadLetterCounter>();
        services.AddSingleton<DeliveryInquiry>();
        services.AddSingleton<BatchDispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<BatchDispatcher>());
        services.AddSingleton<FeedbackQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<FeedbackQueue>());
        return services;
    }
}
