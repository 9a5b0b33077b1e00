using Hub.Server.Messaging.DeviceToCloud;

namespace Hub.Server;

/// <summary>
/// Ends the hub when one of its background services or its message writer fails, and remembers it: the program then returns an exit code
/// that makes a supervisor start it again. Watches once all services have started; what fails while the hub stops ends nothing any more. Singleton.
/// </summary>
internal sealed partial class ServiceWatch(IServiceProvider services, IHostApplicationLifetime lifetime, ILogger<ServiceWatch> logger) : IHostedLifecycleService
{
    private volatile bool _hasFailed;

    /// <summary>Whether the hub stops, or stopped, because a service failed.</summary>
    public bool HasFailed => _hasFailed;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // Asked for here, not in the constructor: this is one of them.
        foreach (var service in services.GetServices<IHostedService>().OfType<BackgroundService>())
            _ = WatchAsync(service.ExecuteTask, service.GetType().Name);
        _ = WatchAsync(services.GetRequiredService<MessageWriter>().Ended, nameof(MessageWriter));
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task WatchAsync(Task? running, string name)
    {
        try
        {
            await (running ?? Task.CompletedTask);
        }
        catch (Exception exception) when (!lifetime.ApplicationStopping.IsCancellationRequested)
        {
            _hasFailed = true;
            Log.Failed(logger, name, exception);
            lifetime.StopApplication();
        }
        catch (Exception)
        {
            // Cancelled by the stop, or failed amid it, which the host logs.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Application + 30, LogLevel.Critical, "{Service} has failed, so the hub ends with exit code 1, for its supervisor to start it again.")]
        public static partial void Failed(ILogger logger, string service, Exception exception);
    }
}
