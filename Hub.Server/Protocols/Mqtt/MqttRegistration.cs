using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Protocols.Mqtt.Sockets;
using Hub.Server.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>Registers the MQTT head; the root opens its doors.</summary>
internal static class MqttRegistration
{
    public static IServiceCollection AddMqttHead(this IServiceCollection services)
    {
        services.AddOptions<MqttOptions>().BindConfiguration(MqttOptions.Section).ValidateSettings(MqttOptions.Section);
        services.AddSingleton<MqttWills>();
        services.AddSingleton<MqttSessions>();
        services.AddSingleton<MqttTakeovers>();
        services.AddSingleton(provider => new MqttServices(
            provider.GetRequiredService<DeviceAuthenticator>(),
            provider.GetRequiredService<SessionTable>(),
            provider.GetRequiredService<MqttSessions>(),
            provider.GetRequiredService<MqttTakeovers>(),
            provider.GetRequiredService<DeviceRefusals>(),
            provider.GetRequiredService<MessageIngress>(),
            provider.GetRequiredService<IngestGate>(),
            provider.GetRequiredService<IngestMetrics>(),
            provider.GetRequiredService<MqttWills>(),
            provider.GetRequiredService<DeviceBoundQueue>(),
            provider.GetRequiredService<DeviceBoundDispatcher>(),
            provider.GetRequiredService<IOptions<MqttOptions>>().Value,
            provider.GetRequiredService<IOptions<DeviceToCloudOptions>>().Value.MaxMessageSize,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<MqttProtocolHead>>()));
        services.AddSingleton<IConnectionListenerFactory, SocketTransport>();
        services.AddSingleton<MqttProtocolHead>();
        services.AddHostedService(provider => provider.GetRequiredService<MqttProtocolHead>());
        return services;
    }
}
