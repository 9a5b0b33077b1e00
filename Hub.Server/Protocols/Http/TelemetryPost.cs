using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Microsoft.Extensions.Options;

namespace Hub.Server.Protocols.Http;

/// <summary>
/// Takes telemetry over HTTPS from a device: every request proves who sends it, and "no content" is answered only when all of its
/// messages are stored. Singleton; safe from any thread.
/// </summary>
internal sealed partial class TelemetryPost(
    HttpDeviceAuthentication authentication,
    MessageIngress ingress,
    IngestGate gate,
    IngestMetrics metrics,
    IOptions<DeviceToCloudOptions> options,
    TimeProvider time,
    ILogger<TelemetryPost> logger)
{
    // Base64 and the names around it make a batch longer on the wire than it is by account.
    private const int WireBytesPerByte = 4;
    private static readonly TimeSpan PatienceUnderLoad = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly int _maxMessageSize = options.Value.MaxMessageSize;

    public async Task<IResult> AcceptAsync(HttpContext context, DeviceId id, CancellationToken cancellationToken)
    {
        // 1. Who sends? Before that is known the body is not read.
        var (accepted, refusal) = await authentication.AuthenticateAsync(context, id, cancellationToken);
        if (accepted is null)
            return refusal!;

        // 2. Is there room? Reading on only then is the back-pressure.
        if (await WaitForRoomAsync(cancellationToken) is { } closed)
            return Postpone(id, closed);

        // 3. Read and map.
        var isBatch = HttpMessageMapper.IsBatch(context.Request);
        var wireLimit = isBatch ? WireBytesPerByte * _maxMessageSize : _maxMessageSize;
        if (await ContractRequest.ReadBodyAsync(context.Request, wireLimit) is not { } body)
            return Refuse(context, id, IngestMetrics.TooLarge, TooLarge());
        var mapped = isBatch ? HttpMessageMapper.MapBatch(body) : HttpMessageMapper.MapSingle(context.Request.Headers, body);
        if (mapped.Messages is not { } messages)
            return Refuse(context, id, IngestMetrics.Malformed, mapped.Error!);
        if (messages.Sum(message => (long)message.Size) > _maxMessageSize)
            return Refuse(context, id, IngestMetrics.TooLarge, TooLarge(), messages.Length);

        // 4. Store, and answer only then. The entrance counts what it refuses itself.
        var device = accepted.Device;
        var result = await ingress.AcceptAsync(new MessageSender(device.Id, device.GenerationId, accepted.AuthMethod, null), messages);
        return result.Outcome switch
        {
            IngestOutcome.Accepted => Results.NoContent(),
            IngestOutcome.TooLarge => TooLarge(),
            _ => Unavailable(),
        };
    }

    /// <summary>Waits while the writer has enough to do; returns why not when the store is closed or stays busy.</summary>
    private async ValueTask<string?> WaitForRoomAsync(CancellationToken cancellationToken)
    {
        if (gate.Closure is { } closure)
            return closure.Reason;
        var ready = ingress.WhenReadyAsync(cancellationToken);
        if (ready.IsCompletedSuccessfully)
            return null;

        try
        {
            await ready.AsTask().WaitAsync(PatienceUnderLoad, time, cancellationToken);
            return null;
        }
        catch (TimeoutException)
        {
            return gate.Closure?.Reason ?? "The hub has more to store than it can keep up with.";
        }
    }

    /// <summary>A fault of the device, which somebody has to mend there: it stands in its history too.</summary>
    private ContractError Refuse(HttpContext context, DeviceId id, string metric, ContractError error, int messages = 1)
    {
        metrics.Rejected(metric, messages);
        authentication.NoteFault(context, id, error);
        return error;
    }

    /// <summary>No fault of the device: it sends again.</summary>
    private ContractError Postpone(DeviceId id, string reason)
    {
        metrics.Rejected(IngestMetrics.StoreUnavailable, 1);
        Log.Postponed(logger, id, reason);
        return Unavailable();
    }

    private ContractError TooLarge() => new(
        ErrorCode.MessageTooLarge, $"A message, and a batch as a whole, has at most {_maxMessageSize} bytes with its properties.");

    private static ContractError Unavailable() => new(ErrorCode.ServiceUnavailable, IngestResult.UnavailableToSenders) { RetryAfter = RetryAfter };

    private static partial class Log
    {
        [LoggerMessage(EventIds.Http + 10, LogLevel.Debug, "Telemetry of {DeviceId} over HTTPS was not taken now: {Reason}")]
        public static partial void Postponed(ILogger logger, DeviceId deviceId, string reason);
    }
}
