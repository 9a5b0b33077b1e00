namespace Hub.Server.Security.Web;

/// <summary>Logs refused requests, all kinds of them within one bound. Singleton; safe from any thread.</summary>
internal sealed partial class RefusedRequestLog(TimeProvider time, ILogger<RefusedRequestLog> logger)
{
    private readonly LogLimit _limit = new(time);

    public void TokenRefused(string? source, string reason)
    {
        if (IsAllowed())
            Log.TokenRefused(logger, source, reason);
    }

    public void CrossSite(string? source)
    {
        if (IsAllowed())
            Log.CrossSite(logger, source);
    }

    public void NoAntiforgery(string? source)
    {
        if (IsAllowed())
            Log.NoAntiforgery(logger, source);
    }

    private bool IsAllowed()
    {
        var allowed = _limit.Allows(out var leftOut);
        if (leftOut > 0)
            Log.LeftOut(logger, leftOut);
        return allowed;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Security + 1, LogLevel.Information, "A token from {Source} was refused: {Reason}")]
        public static partial void TokenRefused(ILogger logger, string? source, string reason);

        [LoggerMessage(EventIds.Security + 4, LogLevel.Warning, "A request from {Source} came from another site and was refused.")]
        public static partial void CrossSite(ILogger logger, string? source);

        [LoggerMessage(EventIds.Security + 5, LogLevel.Warning,
            "A request from {Source} with an operator's cookie lacked the antiforgery token and was refused.")]
        public static partial void NoAntiforgery(ILogger logger, string? source);

        [LoggerMessage(EventIds.Security + 6, LogLevel.Warning, "{Count} further requests were refused and not logged one by one.")]
        public static partial void LeftOut(ILogger logger, int count);
    }
}
