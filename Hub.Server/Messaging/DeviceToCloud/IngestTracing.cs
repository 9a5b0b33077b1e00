using System.Diagnostics;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>
/// The spans of ingest, one for each commit: a span for each message would cost more than the message. Nothing is made while nobody
/// listens. Attributes as OpenTelemetry names them for messaging.
/// </summary>
internal static class IngestTracing
{
    private static readonly ActivitySource Source = new(IngestMetrics.MeterName);

    /// <summary>Begins the span of a commit; null while nobody listens.</summary>
    public static Activity? StartCommit(int messages)
    {
        // A root: it serves many senders, and the writer's thread runs nothing else that could be its parent.
        var span = Source.StartActivity("commit telemetry");
        return span?.SetTag("messaging.system", "hub").SetTag("messaging.operation.name", "commit").SetTag("messaging.batch.message_count", messages);
    }
}
