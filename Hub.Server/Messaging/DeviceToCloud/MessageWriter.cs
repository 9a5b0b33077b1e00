namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>Group commit (being built).</summary>
internal sealed class MessageWriter
{
    public ValueTask<IngestResult> AppendAsync(LogAppend append, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{append} {cancellationToken}");
}
