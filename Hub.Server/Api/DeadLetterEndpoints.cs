using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Security;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.CloudToDevice;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Server.Api;

/// <summary>Messages that left their queue uncompleted: <c>/api/v1/deadletters</c>.</summary>
internal static class DeadLetterEndpoints
{
    private static readonly QueryParameter[] ListParameters =
    [
        .. DeadLetterFilter.Parameters,
        new("limit", "integer", "How many at most: 1 to 1000; 100 when left out.", "100"),
        new("cursor", "string", "Where the page before ended, as it said in nextCursor."),
    ];

    public static void MapDeadLetters(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup(ApiRoutes.DeadLetters).WithTags("Dead letters").WithApiGuard().RequireAuthorization(AccessPolicies.ServiceConnect);
        group.MapGet("/", ListAsync).WithName("ListDeadLetters").WithSummary("List dead letters, the newest first").WithMetadata([.. ListParameters]);
        group.MapDelete("/", PurgeAsync).WithName("PurgeDeadLetters").WithSummary("Delete the dead letters that match, for good; a filter is required")
            .WithMetadata([.. DeadLetterFilter.Parameters]);
        group.MapDelete("/{number:long}", DeleteAsync).WithName("DeleteDeadLetter").WithSummary("Delete a dead letter, for good");
        group.MapPost("/{number:long}/resubmit", ResubmitAsync).WithName("ResubmitDeadLetter")
            .WithSummary("Send a dead letter again, changed or as it was, as a message of its own that names it");
    }

    private static async Task<Results<JsonHttpResult<Page<DeviceBoundItem>>, ProblemHttpResult>> ListAsync(
        HttpRequest request, IDeviceBoundStore store, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request, ListParameters);
        var query = DeadLetterFilter.Read(reader) with { Limit = reader.Limit(), Cursor = reader.Text("cursor", 4_096) };
        if (reader.Fault is { } fault)
            return ApiProblem.Invalid(fault);
        try
        {
            var page = await store.ListDeadAsync(query, cancellationToken);
            return TypedResults.Json(new Page<DeviceBoundItem>([.. page.Items.Select(message => message.ToItem())], page.NextCursor), TelemetryEndpoints.Json);
        }
        catch (FormatException)
        {
            return ApiProblem.Invalid("The cursor is not one that this list gave for the same question.");
        }
    }

    private static async Task<Results<Ok<PurgeResult>, ProblemHttpResult>> PurgeAsync(HttpContext context, DeviceBoundQueue queue)
    {
        var reader = new QueryReader(context.Request, DeadLetterFilter.Parameters);
        var query = DeadLetterFilter.Read(reader);
        reader.Require(query != new DeadLetterQuery(), "Say which: without a filter all dead letters would go.");
        if (reader.Fault is { } fault)
            return ApiProblem.Invalid(fault);
        // Whoever asked may go: what was begun is finished.
        var purged = await queue.DeleteDeadAsync(query, CancellationToken.None);
        await context.AuditAsync("deadletters.purge", query.DeviceId?.Value, succeeded: true, $"{purged} of {DeadLetterFilter.Describe(query)}");
        return TypedResults.Ok(new PurgeResult(purged));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(long number, HttpContext context, DeviceBoundQueue queue, CancellationToken cancellationToken)
    {
        var deleted = await queue.DeleteDeadAsync(number, cancellationToken);
        await context.AuditAsync("deadletters.purge", null, deleted, $"message {number}");
        return deleted ? TypedResults.NoContent() : NotFound();
    }

    private static async Task<Results<JsonHttpResult<DeviceBoundItem>, ProblemHttpResult>> ResubmitAsync(
        long number, [FromBody] ResubmitMessage? change, HttpContext context, DeviceBoundQueue queue, CancellationToken cancellationToken)
    {
        var (apply, timeToLive, fault) = DeviceBoundMapper.Read(change ?? new ResubmitMessage());
        if (apply is null)
            return ApiProblem.Invalid(fault!);
        var result = await queue.ResubmitAsync(number, apply, timeToLive, context.ActorName(), cancellationToken);
        var refusal = result.FaultOf();
        await context.AuditAsync(
            "deadletters.resubmit", (result as ResubmitResult.Resubmitted)?.Message.Entry.DeviceId.Value, refusal is null, refusal?.Sentence ?? $"message {number}");
        if (refusal is { } refused)
            return ApiProblem.Of(refused);
        var sent = ((ResubmitResult.Resubmitted)result).Message;
        context.Response.Headers.Location = ApiRoutes.DeviceBoundMessage(sent.Entry.Id);
        return TypedResults.Json(sent.ToItem(), TelemetryEndpoints.Json, statusCode: StatusCodes.Status201Created);
    }

    private static ProblemHttpResult NotFound() => ApiProblem.Of(ErrorCode.GenericNotFound, DeviceBoundFaults.MissingDeadLetter);
}
