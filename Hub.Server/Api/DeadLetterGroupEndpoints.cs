using System.Text.Json;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.CloudToDevice;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hub.Server.Api;

/// <summary>Dead letters as a whole: in groups, counted, and written out.</summary>
internal static class DeadLetterGroupEndpoints
{
    private const int PageSize = 500;

    private static readonly QueryParameter[] GroupParameters =
    [
        new("by", "string", "By what, beside the reason: description (when left out), device or deviceAndDescription.", "description"),
        new("deviceId", "string", "Only dead letters of this device.", "d1"),
        new("reason", "string", "Only of this reason: Expired, DeliveryCountExceeded, Rejected, Purged or Cancelled.", "Rejected"),
        new("limit", "integer", "How many groups at most: 1 to 1000; 100 when left out.", "100"),
    ];

    public static void MapDeadLetterGroups(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup(ApiRoutes.DeadLetters).WithTags("Dead letters").WithApiGuard().RequireAuthorization(AccessPolicies.ServiceConnect);
        group.MapGet("/groups", GroupAsync).WithName("GroupDeadLetters")
            .WithSummary("Group the dead letters that were not sent again, the largest group first, with the trend of the last 24 hours").WithMetadata([.. GroupParameters]);
        group.MapGet("/count", CountAsync).WithName("CountDeadLetters").WithSummary("Count the dead letters that match").WithMetadata([.. DeadLetterFilter.Parameters]);
        group.MapGet("/export", ExportAsync).WithName("ExportDeadLetters").WithSummary("Write out the dead letters that match, with their history, as lines of JSON")
            .WithMetadata([.. DeadLetterFilter.Parameters]).Produces(StatusCodes.Status200OK, contentType: "application/x-ndjson").ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<Results<JsonHttpResult<DeadLetterGroups>, ProblemHttpResult>> GroupAsync(
        HttpRequest request, IDeviceBoundFigures figures, TimeProvider time, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request, GroupParameters);
        var by = reader.Choice(
            "by", [("description", DeadLetterGrouping.Description), ("device", DeadLetterGrouping.Device), ("deviceAndDescription", DeadLetterGrouping.DeviceAndDescription)]);
        var query = new DeadLetterGroupQuery(by, reader.Device("deviceId"), reader.Reason(), reader.Limit());
        return reader.Fault is { } fault
            ? ApiProblem.Invalid(fault)
            : TypedResults.Json(await figures.GroupAsync(query, time.GetUtcNow(), cancellationToken), TelemetryEndpoints.Json);
    }

    private static async Task<Results<Ok<DeadLetterCount>, ProblemHttpResult>> CountAsync(HttpRequest request, DeadLetterCounter counter, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request, DeadLetterFilter.Parameters);
        var query = DeadLetterFilter.Read(reader);
        return reader.Fault is { } fault ? ApiProblem.Invalid(fault) : TypedResults.Ok(await counter.CountAsync(query, cancellationToken));
    }

    private static async Task<IResult> ExportAsync(HttpContext context, IDeviceBoundStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(context.Request, DeadLetterFilter.Parameters);
        var query = DeadLetterFilter.Read(reader);
        if (reader.Fault is { } fault)
            return ApiProblem.Invalid(fault);
        await context.AuditAsync("deadletters.export", query.DeviceId?.Value, succeeded: true, DeadLetterFilter.Describe(query));
        // What fails while it is written is left to the next export: the newest come first, and there has to be an end.
        var now = time.GetUtcNow();
        query = query with { Limit = PageSize, To = query.To < now ? query.To : now };
        context.Response.ContentType = "application/x-ndjson";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"dead-letters-{now.UtcDateTime:yyyyMMdd-HHmmss}.jsonl\"";
        do
        {
            var page = await store.ListDeadAsync(query, cancellationToken);
            foreach (var message in page.Items)
            {
                await JsonSerializer.SerializeAsync(
                    context.Response.Body, message.ToItem(await store.HistoryAsync(message.Entry.Id, cancellationToken)), TelemetryEndpoints.Json, cancellationToken);
                await context.Response.Body.WriteAsync("\n"u8.ToArray(), cancellationToken);
            }

            query = query with { Cursor = page.NextCursor };
        }
        while (query.Cursor is not null);
        return Results.Empty;
    }
}
