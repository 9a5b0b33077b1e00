using System.Diagnostics;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>
/// The spans of ingest, one for each commit: a span for each message would cost more than the message. Nothing is made while nobody
/// listens. Attributes as OpenTelemetry names them for messaging.
/// </summary>
internal static class IngestTracing
{
    public const string SourceName = IngestMetrics.MeterName;

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Begins the span of a commit; null while nobody listens.</summary>
    public static Activity? StartCommit(int messages)
    {
        // The writer's thread serves all senders: whatever it was woken by is no parent.
        var span = Source.StartActivity("commit telemetry", ActivityKind.Internal, default(ActivityContext));
        return span?.SetTag("messaging.system", "hub").SetTag("messaging.operation.name", "commit").SetTag("messaging.batch.message_count", messages);
    }
}
