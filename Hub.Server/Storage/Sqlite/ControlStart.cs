using Hub.Server.Registry;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Hub.Server.Storage.Sqlite;

/// <summary>Brings the control database up to date before any other service starts, and notes the hub's name once all have.</summary>
internal sealed class ControlStart(
    ControlDatabase database, IDbContextFactory<HubDbContext> contexts, HostNameRecord name, IOptions<HubOptions> hub)
    : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => database.PrepareAsync(contexts, cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => name.KeepAsync(hub.Value.HostName, cancellationToken);

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
