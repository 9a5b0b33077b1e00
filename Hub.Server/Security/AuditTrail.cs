using Hub.Server.Security.Web;

namespace Hub.Server.Security;

/// <summary>Records what somebody did over HTTP: who and from where come from the request. Singleton.</summary>
internal sealed partial class AuditTrail(IAuditLog log, TimeProvider time, ILogger<AuditTrail> logger)
{
    private const int MaxText = 256;

    /// <summary>
    /// Adds an entry; durable on return. It takes no cancellation token: the thing was done, whether or not the client still waits.
    /// </summary>
    public ValueTask RecordAsync(HttpContext context, string action, string? target, bool succeeded, string? detail = null) =>
        RecordAsync(context.ActorName(), context.SourceAddress(), action, target, succeeded, detail);

    public ValueTask RecordAsync(string actor, string? source, string action, string? target, bool succeeded, string? detail = null) =>
        log.AppendAsync(
            new AuditRecord(time.GetUtcNow(), Clean(actor) ?? string.Empty, source, action, Clean(target), succeeded, Clean(detail)),
            CancellationToken.None);

    /// <summary>
    /// Adds an entry soon after: for a refusal whose time must not tell why it was refused. Should the store be away, the log says that an
    /// entry is missing.
    /// </summary>
    public void RecordSoon(string actor, string? source, string action, string? target, bool succeeded, string? detail = null) =>
        _ = AppendOrLogAsync(actor, source, action, target, succeeded, detail);

    private async Task AppendOrLogAsync(string actor, string? source, string action, string? target, bool succeeded, string? detail)
    {
        try
        {
            await RecordAsync(actor, source, action, target, succeeded, detail);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Log.NotRecorded(logger, action, exception);
        }
    }

    /// <summary>What strangers wrote is cut, and cannot break a line or a terminal when the log is printed.</summary>
    private static string? Clean(string? text) => text is null ? null : ForeignText.Clean(text, MaxText);

    private static partial class Log
    {
        [LoggerMessage(EventIds.Security + 31, LogLevel.Error, "An audit entry ({Action}) could not be stored.")]
        public static partial void NotRecorded(ILogger logger, string action, Exception exception);
    }
}
