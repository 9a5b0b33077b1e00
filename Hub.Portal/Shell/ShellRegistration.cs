using Hub.Portal.Api;
using Hub.Portal.Components;
using Hub.Portal.Session;
using Hub.Portal.Streaming;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor.Services;

namespace Hub.Portal.Shell;

/// <summary>Registers what all pages stand on.</summary>
internal static class ShellRegistration
{
    public static IServiceCollection AddShell(this IServiceCollection services, Uri hubAddress)
    {
        services.AddMudServices();
        services.AddLocalization();
        services.AddAuthorizationCore();
        services.AddSingleton(TimeProvider.System);
        services.AddScoped<Ticker>();
        services.AddScoped<IBrowser, Browser>();
        services.AddScoped<ShortcutTable>();
        services.AddScoped(_ => new HttpClient { BaseAddress = hubAddress });
        services.AddScoped<ApiClient>();
        services.AddScoped<SessionTicket>();
        services.AddScoped<ISessionClient, SessionClient>();
        services.AddScoped<SessionState>();
        services.AddScoped<AuthenticationStateProvider>(provider => provider.GetRequiredService<SessionState>());
        services.AddScoped<ILiveConnection>(provider => new LiveConnection(
            hubAddress,
            provider.GetRequiredService<SessionTicket>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<LiveConnection>>()));
        return services;
    }
}
