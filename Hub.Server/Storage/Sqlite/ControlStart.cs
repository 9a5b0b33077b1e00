using Microsoft.EntityFrameworkCore;

namespace Hub.Server.Storage.Sqlite;

/// <summary>Brings the control database up to date before any other service starts.</summary>
internal sealed class ControlStart(ControlDatabase database, IDbContextFactory<HubDbContext> contexts) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => database.PrepareAsync(contexts, cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
