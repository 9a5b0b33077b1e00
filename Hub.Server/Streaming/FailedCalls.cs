using Microsoft.AspNetCore.SignalR;

namespace Hub.Server.Streaming;

/// <summary>
/// Logs calls of the live hub that fail, in SignalR's place: that logs as an error whatever a method throws, also a
/// <see cref="HubException"/>, which is how a client is told that its call was wrong.
/// </summary>
internal sealed partial class FailedCalls(ILogger<FailedCalls> logger) : IHubFilter
{
    /// <summary>The category under which SignalR logs them.</summary>
    public const string FrameworkCategory = "Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher";

    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            return await next(invocationContext);
        }
        catch (Exception exception)
        {
            Note(invocationContext.HubMethodName, exception);
            throw;
        }
    }

    /// <summary>Logs how a method, or the stream that it had returned, ended.</summary>
    public void Note(string method, Exception exception)
    {
        if (exception is HubException)
            Log.Refused(logger, method, exception.Message);
        else if (exception is not OperationCanceledException)
            Log.Failed(logger, method, exception);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Streaming + 2, LogLevel.Debug, "{Method} was refused: {Reason}")]
        public static partial void Refused(ILogger logger, string method, string reason);

        [LoggerMessage(EventIds.Streaming + 3, LogLevel.Error, "{Method} failed.")]
        public static partial void Failed(ILogger logger, string method, Exception exception);
    }
}
