using System.Text.Json;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Api;
using Hub.Shared.Devices;

namespace Hub.Server.Api;

/// <summary>
/// Stands around every endpoint of the API, so that whatever goes wrong is told in the API's form: an id that is none, a body that
/// cannot be read, a log that cannot be read, and what nobody foresaw.
/// </summary>
internal static partial class ApiGuard
{
    private const string IdParameter = "id";

    /// <summary>Puts the guard around the endpoints and gives them the API's form of refusal.</summary>
    public static TBuilder WithApiGuard<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(ApiRefusalWriter.Instance);
            var next = endpoint.RequestDelegate;
            if (next is not null)
                endpoint.RequestDelegate = context => InvokeAsync(context, next);
        });
        return builder;
    }

    private static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            if (context.Request.RouteValues.TryGetValue(IdParameter, out var id) && !IsDeviceId(context, id as string))
                await RefuseAsync(context, ErrorCode.ArgumentInvalid, DeviceId.Rule);
            else
                await next(context);
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? ErrorCode.MessageTooLarge : ErrorCode.IotHubFormatError, Sentence(exception));
        }
        catch (MessageLogException exception) when (!context.Response.HasStarted)
        {
            Log.LogUnreadable(Logger(context), exception);
            await RefuseAsync(context, ErrorCode.ServiceUnavailable, "The message log cannot be read now; try again.");
        }
        catch (Exception exception) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            Log.Failed(Logger(context), context.Request.Method, exception);
            await RefuseAsync(context, ErrorCode.ServerError, "The hub failed; its log says why.");
        }
    }

    /// <summary>An escaped slash stays escaped in a route value: taken as it is, it would name a device of another id.</summary>
    private static bool IsDeviceId(HttpContext context, string? id) =>
        DeviceId.TryParse(id, out _)
        && context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()?.RawTarget
            .Contains("%2F", StringComparison.OrdinalIgnoreCase) != true;

    private static string Sentence(BadHttpRequestException exception) => exception switch
    {
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => "The body has to be JSON, with the content type application/json.",
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => "The body is too large.",
        { InnerException: JsonException { Path: { } path } } =>
            $"The body cannot be read at {path}: it is not valid JSON, or this call knows no such field or value there.",
        _ => "The body is missing or is not valid JSON.",
    };

    private static Task RefuseAsync(HttpContext context, ErrorCode code, string detail) => ApiProblem.Of(code, detail).ExecuteAsync(context);

    private static ILogger Logger(HttpContext context) =>
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ApiGuard).FullName ?? nameof(ApiGuard));

    private static partial class Log
    {
        [LoggerMessage(EventIds.Api + 1, LogLevel.Error, "The message log could not be read for a request.")]
        public static partial void LogUnreadable(ILogger logger, Exception exception);

        [LoggerMessage(EventIds.Api + 2, LogLevel.Error, "A {Method} request of the API failed.")]
        public static partial void Failed(ILogger logger, string method, Exception exception);
    }
}
