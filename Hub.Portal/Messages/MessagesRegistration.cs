using Hub.Portal.Live;

namespace Hub.Portal.Messages;

/// <summary>Registers what the live view and the history stand on.</summary>
internal static class MessagesRegistration
{
    public static IServiceCollection AddMessages(this IServiceCollection services)
    {
        services.AddScoped<ITelemetryClient, TelemetryClient>();
        services.AddScoped<IMessageScreen, MessageScreen>();
        services.AddScoped<LiveStart>();
        return services;
    }
}
