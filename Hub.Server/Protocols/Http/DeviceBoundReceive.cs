using System.Globalization;
using System.Net.Mime;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.Api;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Names = Hub.Shared.Messages.SystemPropertyNames;

namespace Hub.Server.Protocols.Http;

/// <summary>
/// Lets a device fetch its messages over HTTPS one by one, and settle them by their lock token (wire contract, sections 2.3 and 5.1). There
/// is no link: the lock ends by time alone. Singleton; safe from any thread.
/// </summary>
internal sealed class DeviceBoundReceive(HttpDeviceAuthentication authentication, DeviceBoundQueue queue)
{
    /// <summary>Answers with the message at the head of the queue, locked; 204 when there is none.</summary>
    public async Task<IResult> ReceiveAsync(HttpContext context, DeviceId id, CancellationToken cancellationToken)
    {
        var (accepted, refusal) = await authentication.AuthenticateAsync(context, id, cancellationToken);
        if (accepted is null)
            return refusal!;
        var place = PlaceOf(context);
        // Whether or not the device waits for the answer: what is locked for it, it finds again when the lock has ended.
        var taken = await queue.LeaseAsync(id, accepted.Device.GenerationId, 1, holder: null, $"to {place}", CancellationToken.None);
        if (taken is not [var message])
            return Results.NoContent();
        WriteHeaders(context.Response, message);
        await context.Response.Body.WriteAsync(message.Message.Body, cancellationToken);
        await context.Response.CompleteAsync();
        await queue.NoteSentAsync(message, place, CancellationToken.None);
        return Results.Empty;
    }

    /// <summary>Settles the message that a lock token is the key to.</summary>
    public async Task<IResult> SettleAsync(HttpContext context, DeviceId id, string? token, SettlementKind kind, CancellationToken cancellationToken)
    {
        var (accepted, refusal) = await authentication.AuthenticateAsync(context, id, cancellationToken);
        if (accepted is null)
            return refusal!;
        if (!Guid.TryParseExact(token, "D", out var key))
            return LockLost();
        var settlement = new Settlement { Kind = kind, Token = key, Place = PlaceOf(context) };
        return await queue.SettleAsync(id, settlement, CancellationToken.None) ? Results.NoContent() : LockLost();
    }

    private static ContractError LockLost() => new(
        ErrorCode.DeviceMessageLockLost, "The lock of the message is lost. It has been settled, or its time is over and it waits again, receive it anew.");

    private static string PlaceOf(HttpContext context) => $"{HttpDeviceAuthentication.ProtocolOf(context)}, connection {context.Connection.Id}";

    /// <summary>In lower case: some clients look them up by ordinal.</summary>
    private static void WriteHeaders(HttpResponse response, DeviceBoundMessage message)
    {
        var (entry, system) = (message.Entry, message.Message.SystemProperties);
        var headers = response.Headers;
        headers.ETag = $"\"{entry.Lock!.Token:D}\"";
        headers.CacheControl = "no-store";
        response.ContentType = system.ContentType ?? MediaTypeNames.Application.Octet;
        response.ContentLength = message.Message.Body.Length;
        headers["iothub-messageid"] = entry.MessageId;
        headers["iothub-to"] = $"/devices/{entry.DeviceId}/messages/devicebound";
        headers["iothub-sequencenumber"] = entry.SequenceNumber.ToString(CultureInfo.InvariantCulture);
        headers["iothub-enqueuedtime"] = TimeText(entry.EnqueuedTime);
        headers["iothub-expiry"] = TimeText(entry.ExpiresAt);
        headers["iothub-deliverycount"] = entry.DeliveryCount.ToString(CultureInfo.InvariantCulture);
        if (entry.Ack != FeedbackAck.None)
            headers["iothub-ack"] = entry.Ack.ToString().ToLowerInvariant();
        Add("iothub-correlationid", system[Names.CorrelationId]);
        Add("iothub-userid", system[Names.UserId]);
        Add("iothub-contenttype", system.ContentType);
        Add("iothub-contentencoding", system[Names.ContentEncoding]);
        foreach (var (name, value) in message.Message.Properties.Items)
            headers[HttpPropertyNames.ApplicationPrefix + name] = value;

        void Add(string name, string? value)
        {
            if (value is not null)
                headers[name] = value;
        }
    }

    /// <summary>As the contract's own hub writes it, which is no ISO form; clients read it by the invariant culture.</summary>
    private static string TimeText(DateTimeOffset time) => time.UtcDateTime.ToString("MM/dd/yyyy h:mm:ss tt", CultureInfo.InvariantCulture);
}
