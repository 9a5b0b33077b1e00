using Hub.Shared.Api;

namespace Hub.Server.Protocols.Http;

/// <summary>
/// What holds for every endpoint of the wire contract: the request carries an <c>api-version</c>, and whatever goes wrong is answered in
/// the contract's form, without details of the inside.
/// </summary>
internal sealed partial class ContractFilter(ILogger<ContractFilter> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext.Request;
        // Any value is taken: the clients' versions differ, and what this hub serves is the same in all of them.
        if (string.IsNullOrWhiteSpace(request.Query["api-version"]))
            return new ContractError(ErrorCode.InvalidProtocolVersion, "The query has no api-version, add api-version=2021-04-12.");

        try
        {
            return await next(context);
        }
        catch (BadHttpRequestException error)
        {
            // The server's own limits on a body: its size, or a peer that sends it too slowly.
            var tooLarge = error.StatusCode == StatusCodes.Status413PayloadTooLarge;
            return new ContractError(tooLarge ? ErrorCode.MessageTooLarge : ErrorCode.IotHubFormatError, "The body could not be read.");
        }
        catch (Exception) when (context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            // The peer has gone: there is nobody to answer.
            return Results.Empty;
        }
        catch (Exception error)
        {
            Log.Failed(logger, error, request.Method, context.HttpContext.GetEndpoint()?.DisplayName);
            return new ContractError(ErrorCode.ServerError, "The hub failed, its log says why.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Http + 0, LogLevel.Error, "{Method} failed on {Endpoint}")]
        public static partial void Failed(ILogger logger, Exception error, string method, string? endpoint);
    }
}
