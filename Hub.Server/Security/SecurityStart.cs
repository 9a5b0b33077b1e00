using Hub.Server.Security.Operators;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security;

/// <summary>
/// At the start, once the store is ready and before a door opens: the shared access policies and the first operator, or the one-time
/// link that makes them.
/// </summary>
internal sealed partial class SecurityStart(
    SharedAccessPolicies policies, KeyFile keyFile, IServiceScopeFactory scopes, SetUpLink link, IOptions<PortalOptions> portal,
    ILogger<SecurityStart> logger)
    : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await policies.LoadAsync(cancellationToken);
        if (keyFile.IsOpenToOthers)
            Log.KeyFileOpen(logger, keyFile.Path);

        await using var scope = scopes.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<OperatorAccounts>();
        if (portal.Value.AdminPassword is { Length: > 0 } password)
        {
            if (await accounts.EnsureAdminAsync(password))
            {
                Log.AdminSet(logger);
                var audit = scope.ServiceProvider.GetRequiredService<AuditTrail>();
                await audit.RecordAsync("configuration", null, "operator.set", OperatorAccounts.AdminName, true);
            }
        }
        else if (!await accounts.HasAdminAsync())
        {
            link.Open();
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(EventIds.Security + 19, LogLevel.Warning, "The key file {Path} can be read or written by other users of this machine; set its mode to 0600.")]
        public static partial void KeyFileOpen(ILogger logger, string path);

        [LoggerMessage(EventIds.Security + 3, LogLevel.Information, "The operator admin was set from Hub:Portal:AdminPassword.")]
        public static partial void AdminSet(ILogger logger);
    }
}
