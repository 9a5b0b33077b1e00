using Hub.Shared.Api;

namespace Hub.Server.Security.Web;

/// <summary>
/// Answers what nobody foresaw: one line in the log, and to the peer no more than that the hub failed, in the form of the endpoint. Gives
/// refusals without a body (no such path, a method that a path does not take) a problem, where a program reads them.
/// </summary>
internal sealed partial class FailureAnswers(RequestDelegate next, ILogger<FailureAnswers> logger)
{
    private const string Api = "/api";

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The peer has gone: there is nobody to answer.
            return;
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            // The server's own limits on a request; no failure of the hub.
            context.Response.Clear();
            await Refusals.WriteAsync(context, CodeOf(exception.StatusCode), "The request could not be read.");
            return;
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, context.Request.Method, context.GetEndpoint()?.DisplayName);
            if (context.Response.HasStarted)
            {
                // Half an answer must not look like a whole one.
                context.Abort();
                return;
            }

            context.Response.Clear();
            await Refusals.WriteAsync(context, ErrorCode.ServerError, "The hub failed; its log says why.");
            return;
        }

        if (IsBareRefusal(context))
        {
            var code = CodeOf(context.Response.StatusCode);
            await Refusals.WriteAsync(context, code, code == ErrorCode.MethodNotAllowed ? "This path does not take this method." : "There is nothing at this path.");
        }
    }

    private static bool IsBareRefusal(HttpContext context) =>
        context.Response is { HasStarted: false, StatusCode: StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed, ContentLength: null, ContentType: null }
        && context.Request.Path.StartsWithSegments(Api, StringComparison.OrdinalIgnoreCase);

    private static ErrorCode CodeOf(int status) => status switch
    {
        StatusCodes.Status404NotFound => ErrorCode.GenericNotFound,
        StatusCodes.Status405MethodNotAllowed => ErrorCode.MethodNotAllowed,
        StatusCodes.Status413PayloadTooLarge => ErrorCode.MessageTooLarge,
        _ => ErrorCode.IotHubFormatError,
    };

    private static partial class Log
    {
        // The endpoint, not the path: a peer must not write into the log.
        [LoggerMessage(EventIds.Security + 30, LogLevel.Error, "{Method} failed on {Endpoint}")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string? endpoint);
    }
}
