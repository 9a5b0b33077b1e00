using Hub.Server.Messaging;

namespace Hub.Server;

/// <summary>Reports the doors once the server has opened them, before anybody is told that the hub has started.</summary>
internal sealed class DoorsOpened(DoorKeeper keeper, IDoorReport report) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        keeper.ReportOpen(report);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
