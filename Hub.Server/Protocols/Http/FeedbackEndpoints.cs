using System.Globalization;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.CloudToDevice;

namespace Hub.Server.Protocols.Http;

/// <summary>Where services fetch feedback over HTTPS and settle it (wire contract, sections 2.8 and 5.2).</summary>
internal static class FeedbackEndpoints
{
    private const string Receive = "/messages/servicebound/feedback";
    private const string Complete = Receive + "/{token}";
    private const string Abandon = Complete + "/abandon";
    private const string ContentType = "application/vnd.microsoft.iothub.feedback.json";

    public static void MapFeedback(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Receive, ReceiveAsync).RequireAuthorization(AccessPolicies.ServiceConnect);
        endpoints.MapDelete(Complete, CompleteAsync).RequireAuthorization(AccessPolicies.ServiceConnect);
        endpoints.MapPost(Abandon, AbandonAsync).RequireAuthorization(AccessPolicies.ServiceConnect);
        endpoints.MapOtherMethods(Receive, "GET");
        endpoints.MapOtherMethods(Complete, "DELETE");
        endpoints.MapOtherMethods(Abandon, "POST");
    }

    private static async Task<IResult> ReceiveAsync(HttpContext context, FeedbackQueue feedback, TimeProvider time)
    {
        // Whether or not the peer waits for the answer: what is locked for it, it finds again when the lock has ended.
        if (await feedback.ReceiveAsync(CancellationToken.None) is not { } batch)
            return Results.NoContent();
        context.Response.Headers.ETag = $"\"{batch.Token:D}\"";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["iothub-enqueuedtime"] = time.GetUtcNow().UtcDateTime.ToString("MM/dd/yyyy h:mm:ss tt", CultureInfo.InvariantCulture);
        return Results.Json(batch.Records.Select(FeedbackDocument.Of), ContractJson.Options, ContentType);
    }

    private static async Task<IResult> CompleteAsync(string token, FeedbackQueue feedback) =>
        Guid.TryParseExact(token, "D", out var key) && await feedback.CompleteAsync(key, CancellationToken.None) ? Results.NoContent() : LockLost();

    private static async Task<IResult> AbandonAsync(string token, FeedbackQueue feedback) =>
        Guid.TryParseExact(token, "D", out var key) && await feedback.AbandonAsync(key, CancellationToken.None) ? Results.NoContent() : LockLost();

    private static ContractError LockLost() => new(
        ErrorCode.DeviceMessageLockLost, "The lock of the feedback is lost. It has been settled, or its time is over and it waits again, receive it anew.");
}

/// <summary>A feedback record as the wire contract writes it (decision 14).</summary>
internal sealed record FeedbackDocument(
    string OriginalMessageId, string EnqueuedTimeUtc, string StatusCode, string Description, string DeviceId, string DeviceGenerationId)
{
    public static FeedbackDocument Of(FeedbackRecord record)
    {
        var status = StatusOf(record.Outcome);
        return new FeedbackDocument(
            record.MessageId,
            record.Time.UtcDateTime.ToString("o", CultureInfo.InvariantCulture),
            status,
            // Clients know no code for it (decision 25).
            record.Outcome == DeviceBoundOutcome.Cancelled ? "cancelled" : record.Description ?? status,
            record.DeviceId.Value,
            record.GenerationId);
    }

    private static string StatusOf(DeviceBoundOutcome outcome) => outcome switch
    {
        DeviceBoundOutcome.Completed => "Success",
        DeviceBoundOutcome.Cancelled => nameof(DeviceBoundOutcome.Purged),
        _ => outcome.ToString(),
    };
}
