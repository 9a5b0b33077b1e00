using System.Diagnostics.Metrics;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Messaging.DeviceToCloud;

public sealed class MessageWriterResumeTests : IAsyncLifetime
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly InMemoryMessageLog _log = new(partitions: 1);
    private readonly FakeTimeProvider _time = new();
    private readonly LogCapture _logged = new();
    private readonly LoggerFactory _loggers;
    private readonly IngestGate _gate;
    private readonly MessageWriter _writer;

    public MessageWriterResumeTests()
    {
        _loggers = new LoggerFactory([_logged]);
        _gate = new IngestGate(_time);
        _writer = new MessageWriter(
            _log, new MessageFeed(), _gate, new IngestMetrics(_services.GetRequiredService<IMeterFactory>()), Options.Create(new DeviceToCloudOptions()), _time,
            _loggers.CreateLogger<MessageWriter>());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _writer.StopAsync(CancellationToken.None);
        _writer.Dispose();
        _loggers.Dispose();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task StartAsync_LogCannotBeWritten_GateIsClosedWithItsSentenceUntilItCan()
    {
        _log.Fault = MessageLogFault.InputOutput;

        await _writer.StartAsync(Token);

        Assert.Equal("The log cannot be written, says the test.", _gate.Closure?.Reason);
        Assert.Contains(_logged.Of<MessageWriter>(), line => line.Level == LogLevel.Error && line.Text.Contains("says the test", StringComparison.Ordinal));
        _log.Fault = null;
        await OpenAgainAsync();
    }

    [Fact]
    public async Task Resume_TheFaultChanges_TheGateSaysTheNewOne()
    {
        _log.Fault = MessageLogFault.InputOutput;
        await _writer.StartAsync(Token);

        _log.Fault = MessageLogFault.Full;
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return _gate.Closure?.Reason == "The disk is full, says the test.";
        });
    }

    [Fact]
    public async Task Resume_ProbeThrows_IsLoggedOnceAndTriedAgain()
    {
        _log.Fault = MessageLogFault.InputOutput;
        await _writer.StartAsync(Token);

        _log.ProbeBug = new NotSupportedException("A planted bug.");
        var probes = _log.Probes;
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return _log.Probes >= probes + 5;
        });
        Assert.Single(_logged.Of<MessageWriter>(), line => line.Text.Contains("A planted bug.", StringComparison.Ordinal));

        (_log.ProbeBug, _log.Fault) = (null, null);
        await OpenAgainAsync();
    }

    private Task OpenAgainAsync() => Eventually.TrueAsync(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return _gate.IsOpen;
    });
}
