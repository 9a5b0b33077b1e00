using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Server.Security;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.CloudToDevice;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Server.Api;

/// <summary>Work on many messages: <c>/api/v1/batches</c>, and the calls that begin it.</summary>
internal static class BatchEndpoints
{
    /// <summary>The largest message in base64, and 10,000 ids beside it.</summary>
    private const int MaxRequestBytes = 10 * 1024 * 1024;

    private static readonly QueryParameter[] PageParameters =
    [
        new("limit", "integer", "How many at most: 1 to 1000; 100 when left out.", "100"),
        new("cursor", "string", "Where the page before ended, as it said in nextCursor."),
    ];

    private static readonly QueryParameter[] ItemParameters = [new("refused", "boolean", "Only those that were (true) or were not (false) refused.", "true"), .. PageParameters];

    public static void MapBatches(this IEndpointRouteBuilder endpoints)
    {
        var size = new RequestSizeLimitAttribute(MaxRequestBytes);
        var root = endpoints.MapGroup("").WithTags("Batches").WithApiGuard().RequireAuthorization(AccessPolicies.ServiceConnect);
        root.MapPost(ApiRoutes.SendBatch, SendAsync).WithName("SendBatch").WithSummary("Send a message to many devices, by id or by tag").WithMetadata(size);
        root.MapPost(ApiRoutes.CancelBatch, CancelAsync).WithName("CancelBatch")
            .WithSummary("Cancel many messages, or purge a device's queue; with a hold it can be undone, and nothing of it is delivered meanwhile").WithMetadata(size);
        root.MapPost(ApiRoutes.ResubmitDeadLetters, ResubmitAsync).WithName("ResubmitDeadLetters").WithSummary("Send many dead letters again, by id or all that match").WithMetadata(size);
        root.MapPost(ApiRoutes.PurgeDeadLetters, PurgeAsync).WithName("PurgeManyDeadLetters")
            .WithSummary("Delete many dead letters for good, by id or all that match; with a hold it can be undone").WithMetadata(size);

        var group = endpoints.MapGroup(ApiRoutes.Batches).WithTags("Batches").WithApiGuard().RequireAuthorization(AccessPolicies.ServiceConnect);
        group.MapGet("/", ListAsync).WithName("ListBatches").WithSummary("List batches, the newest first").WithMetadata([.. PageParameters]);
        group.MapGet("/{number:long}", GetAsync).WithName("GetBatch").WithSummary("How far a batch is, and what became of what it sent");
        group.MapGet("/{number:long}/items", ListItemsAsync).WithName("ListBatchItems").WithSummary("What a batch did with each device, dead letter or message").WithMetadata([.. ItemParameters]);
        group.MapPost("/{number:long}/stop", StopAsync).WithName("StopBatch").WithSummary("Stop a batch; one that is held is undone");
    }

    private static Task<Results<Accepted<Batch>, ProblemHttpResult>> SendAsync(
        [FromBody] SendBatch request, HttpContext context, BatchReader reader, BatchDispatcher batches) =>
        AddAsync(reader.Read(request, context.ActorName()), "c2d.send", context, batches);

    private static async Task<Results<Accepted<Batch>, ProblemHttpResult>> CancelAsync(
        [FromBody] CancelBatch request, HttpContext context, BatchReader reader, BatchDispatcher batches) =>
        await AddAsync(await reader.ReadAsync(request, context.ActorName(), context.RequestAborted), request.DeviceId is null ? "c2d.cancel" : "c2d.purge", context, batches);

    private static async Task<Results<Accepted<Batch>, ProblemHttpResult>> ResubmitAsync(
        [FromBody] DeadLetterBatch request, HttpContext context, BatchReader reader, BatchDispatcher batches) =>
        await AddAsync(await reader.ReadAsync(request, BatchKind.Resubmit, context.ActorName(), context.RequestAborted), "deadletters.resubmit", context, batches);

    private static async Task<Results<Accepted<Batch>, ProblemHttpResult>> PurgeAsync(
        [FromBody] DeadLetterBatch request, HttpContext context, BatchReader reader, BatchDispatcher batches) =>
        await AddAsync(await reader.ReadAsync(request, BatchKind.PurgeDeadLetters, context.ActorName(), context.RequestAborted), "deadletters.purge", context, batches);

    private static async Task<Results<Accepted<Batch>, ProblemHttpResult>> AddAsync(BatchReading reading, string action, HttpContext context, BatchDispatcher batches)
    {
        if (reading.Batch is not { } asked)
            return ApiProblem.Of(reading.Code, reading.Fault!);
        var batch = await batches.AddAsync(asked, context.RequestAborted);
        await context.AuditAsync(action, asked.QueueOf?.Value, succeeded: true, $"batch {batch.Id}: {batch.Target}");
        return TypedResults.Accepted(ApiRoutes.Batch(batch.Id), batch);
    }

    private static async Task<Results<Ok<Page<Batch>>, ProblemHttpResult>> ListAsync(HttpRequest request, IBatchStore store, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request, PageParameters);
        var (limit, cursor) = (reader.Limit(), reader.Text("cursor", 4_096));
        if (reader.Fault is { } fault)
            return ApiProblem.Invalid(fault);
        try
        {
            var page = await store.ListAsync(limit, cursor, cancellationToken);
            return TypedResults.Ok(new Page<Batch>(page.Items, page.NextCursor));
        }
        catch (FormatException)
        {
            return ApiProblem.Invalid("The cursor is not one that this list gave.");
        }
    }

    private static async Task<Results<Ok<Batch>, ProblemHttpResult>> GetAsync(long number, IBatchStore store, CancellationToken cancellationToken) =>
        await store.FindAsync(number, cancellationToken) is { } found ? TypedResults.Ok(found) : NotFound();

    private static async Task<Results<Ok<Page<BatchItem>>, ProblemHttpResult>> ListItemsAsync(long number, HttpRequest request, IBatchStore store, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request, ItemParameters);
        var (refused, limit, cursor) = (reader.Truth("refused"), reader.Limit(), reader.Text("cursor", 4_096));
        if (reader.Fault is { } fault)
            return ApiProblem.Invalid(fault);
        if (await store.FindAsync(number, cancellationToken) is null)
            return NotFound();
        try
        {
            var page = await store.ListItemsAsync(number, refused, limit, cursor, cancellationToken);
            return TypedResults.Ok(new Page<BatchItem>(page.Items, page.NextCursor));
        }
        catch (FormatException)
        {
            return ApiProblem.Invalid("The cursor is not one that this list gave for the same question.");
        }
    }

    private static async Task<Results<Ok<Batch>, ProblemHttpResult>> StopAsync(long number, HttpContext context, IBatchStore store, TimeProvider time)
    {
        if (await store.StopAsync(number, context.ActorName(), time.GetUtcNow(), context.RequestAborted) is not { } batch)
            return NotFound();
        var stopped = batch.State == BatchState.Stopped;
        await context.AuditAsync("batch.stop", null, stopped, $"batch {number}");
        return stopped ? TypedResults.Ok(batch) : ApiProblem.Of(ErrorCode.PreconditionFailed, "The batch is finished: there is nothing left to stop.");
    }

    private static ProblemHttpResult NotFound() => ApiProblem.Of(ErrorCode.GenericNotFound, "There is no such batch, or it is not kept any more.");
}
