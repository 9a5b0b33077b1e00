using Hub.Server;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>What a supervisor hears: a hub that was told to stop ends with 0, one that a failed service took down with 1.</summary>
public sealed class ServiceFailureTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TempFolder _folder = new();
    private readonly LogCapture _logged = new();

    public void Dispose()
    {
        _folder.Dispose();
        _logged.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ServeAsync_AServiceFails_EndsWithOneAndOneCriticalLineNamingIt(bool atOnce)
    {
        var code = await ServeAsync(services => services.AddHostedService(provider => new Failing(atOnce, provider.GetRequiredService<IHostApplicationLifetime>())));

        Assert.Equal(1, code);
        var line = Assert.Single(_logged.Lines, line => line.Level == LogLevel.Critical);
        Assert.Contains(nameof(Failing), line.Text, StringComparison.Ordinal);
        Assert.Contains("planted", line.Text, StringComparison.Ordinal);
    }

    /// <summary>It would refuse every message until somebody looked.</summary>
    [Fact]
    public async Task ServeAsync_TheMessageWriterFails_EndsWithOneAndOneCriticalLineNamingIt()
    {
        var code = await ServeAsync(services => services.AddHostedService<Poisoning>());

        Assert.Equal(1, code);
        var line = Assert.Single(_logged.Lines, line => line.Category == typeof(ServiceWatch).FullName);
        Assert.Equal(LogLevel.Critical, line.Level);
        Assert.Contains(nameof(MessageWriter), line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServeAsync_ToldToStop_EndsWithZero()
    {
        var code = await ServeAsync(services => services.AddHostedService<Stopping>());

        Assert.Equal(0, code);
        Assert.DoesNotContain(_logged.Lines, line => line.Level >= LogLevel.Error);
    }

    private Task<int> ServeAsync(Action<IServiceCollection> plant)
    {
        string[] args =
        [
            $"--Hub:DataDirectory={_folder.Path}", "--Hub:Endpoints:Http=http://127.0.0.1:0", "--Hub:Endpoints:Https=", "--Hub:Endpoints:Mqtt=mqtt://127.0.0.1:0",
            "--Hub:Endpoints:Mqtts=", "--Logging:LogLevel:Default=Warning",
        ];
        return HubProgram.ServeAsync(
            () => HubApplication.Build(args, services =>
            {
                services.AddLogging(logging => logging.AddProvider(_logged));
                plant(services);
            }),
            TextWriter.Null).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private sealed class Failing(bool atOnce, IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            if (!atOnce)
                await StartedAsync(lifetime);
            throw new InvalidOperationException("A planted fault.");
        }
    }

    /// <summary>Hands the writer a message of a caller that fails when it is answered, which no caller may.</summary>
    private sealed class Poisoning(IHostApplicationLifetime lifetime, MessageWriter writer) : BackgroundService, IIngestCaller
    {
        public void OnResult(IngestResult result) => throw new InvalidOperationException("A planted fault.");

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await StartedAsync(lifetime);
            var message = TestMessages.Text("x");
            writer.Append(new PendingAppend(TestMessages.Append("d1", 0, message), message.Size, this));
        }
    }

    private sealed class Stopping(IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await StartedAsync(lifetime);
            lifetime.StopApplication();
        }
    }

    private static async Task StartedAsync(IHostApplicationLifetime lifetime)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task;
    }
}
