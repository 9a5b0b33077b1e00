using System.Diagnostics.Metrics;
using System.Text;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Messaging.DeviceToCloud;

/// <summary>A writer on a log in memory, whose commits can be held up and made to fail.</summary>
public abstract class MessageWriterBench : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    protected MessageWriterBench()
    {
        Gate = new IngestGate(Time);
        Metrics = new IngestMetrics(_services.GetRequiredService<IMeterFactory>());
        Writer = NewWriter(new DeviceToCloudOptions());
    }

    private protected InMemoryMessageLog Log { get; } = new(partitions: 1);

    private protected MessageFeed Feed { get; } = new();

    private protected IngestGate Gate { get; }

    private protected IngestMetrics Metrics { get; }

    private protected MessageWriter Writer { get; private set; }

    protected FakeTimeProvider Time { get; } = new();

    public async ValueTask InitializeAsync() => await Writer.StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await DisposeWriterAsync();
        await _services.DisposeAsync();
    }

    /// <summary>Goes on with a writer of other options.</summary>
    private protected async Task RestartAsync(DeviceToCloudOptions options)
    {
        await DisposeWriterAsync();
        Writer = NewWriter(options);
        await Writer.StartAsync(CancellationToken.None);
    }

    private protected TaskCompletionSource Hold()
    {
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Log.Hold = hold.Task;
        return hold;
    }

    private protected ValueTask<IngestResult> Append(string text)
    {
        Message message = TestMessages.Text(text);
        var caller = new AwaitingCaller();
        Writer.Append(new PendingAppend(TestMessages.Append("d1", 0, message), message.Size, caller));
        return caller.Task;
    }

    private protected static Task<IngestResult> DoneAsync(ValueTask<IngestResult> result) =>
        result.AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

    protected IEnumerable<string> Stored() => Log.Messages.Select(logged => Encoding.UTF8.GetString(logged.Message.Body.Span));

    private MessageWriter NewWriter(DeviceToCloudOptions options) => new(
        Log, Feed, Gate, Metrics, Options.Create(options), Time, NullLogger<MessageWriter>.Instance);

    private async Task DisposeWriterAsync()
    {
        await Writer.StopAsync(CancellationToken.None);
        Writer.Dispose();
    }
}
