using System.Text.Encodings.Web;
using System.Text.Json;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hub.Server.Api;

/// <summary>Stored telemetry by page, and what comes as server-sent events: <c>/api/v1/telemetry</c>.</summary>
internal static class TelemetryEndpoints
{
    /// <summary>Bodies may be nested as deep as <see cref="MessageBody.MaxDepth"/> allows, and stand some levels deep themselves.</summary>
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = MessageBody.MaxDepth + 8,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly QueryParameter[] StreamParameters =
    [
        new("deviceId", "string", "Only messages of this device.", "d1"),
        new("partition", "integer", "Only messages of this partition.", "0"),
        new("after", "integer", "Only messages after this sequence number, that one not included (-1: from the very first); needs partition.", "41"),
        new("q", "string", "Text that the body or a property contains, without case.", "overheated"),
    ];

    private static readonly QueryParameter[] PageParameters =
    [
        .. StreamParameters,
        new("from", "string", "Only messages enqueued at or after this time.", "2026-01-31T12:00:00Z"),
        new("to", "string", "Only messages enqueued before this time.", "2026-01-31T13:00:00Z"),
        new("order", "string", "asc (the oldest first, when left out) or desc.", "desc"),
        new("limit", "integer", "How many at most: 1 to 1000; 100 when left out.", "100"),
        new("cursor", "string", "Where the page before ended, as it said in nextCursor."),
    ];

    public static void MapTelemetry(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup(ApiRoutes.Telemetry).WithTags("Telemetry").WithApiGuard().RequireAuthorization(AccessPolicies.ServiceConnect);
        group.MapGet("/", QueryAsync).WithName("QueryTelemetry").WithSummary("Read stored messages, page by page").WithMetadata([.. PageParameters]);
        group.MapGet("/{partition:int}/{sequenceNumber:long}/body", GetBodyAsync).WithName("GetTelemetryBody")
            .WithSummary("The body of a stored message, byte for byte as the device sent it")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/stream", StreamAsync).WithName("StreamTelemetry").WithMetadata([.. StreamParameters])
            .WithSummary("Follow messages as server-sent events, from after a sequence number or from now")
            .Produces(StatusCodes.Status200OK, contentType: "text/event-stream").ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<JsonHttpResult<Page<TelemetryItem>>, ProblemHttpResult>> QueryAsync(
        HttpRequest request, IMessageLog log, CancellationToken cancellationToken)
    {
        var (query, fault) = ReadQuery(request, PageParameters, log.PartitionCount);
        if (fault is not null)
            return ApiProblem.Invalid(fault);
        try
        {
            var page = await log.QueryAsync(query, cancellationToken);
            return TypedResults.Json(new Page<TelemetryItem>([.. page.Items.Select(message => message.ToItem())], page.NextCursor), Json);
        }
        catch (FormatException)
        {
            return ApiProblem.Invalid("The cursor is not one that this list gave for the same question.");
        }
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> GetBodyAsync(
        int partition, long sequenceNumber, IMessageLog log, CancellationToken cancellationToken)
    {
        if (partition >= 0 && partition < log.PartitionCount && sequenceNumber >= 0)
        {
            var query = new TelemetryQuery { Partition = partition, After = sequenceNumber - 1, Limit = 1 };
            if ((await log.QueryAsync(query, cancellationToken)).Items is [var found] && found.SequenceNumber == sequenceNumber)
                return TypedResults.File(found.Message.Body.ToArray(), "application/octet-stream");
        }

        return ApiProblem.Of(ErrorCode.GenericNotFound, "There is no such message, or it is not kept any more.");
    }

    private static async Task StreamAsync(HttpContext context, MessageFeed feed, IMessageLog log, TimeProvider time)
    {
        var (query, fault) = ReadQuery(context.Request, StreamParameters, log.PartitionCount);
        var after = new Dictionary<int, long>();
        fault ??= ReadStart(context.Request, query, log.PartitionCount, after);
        if (fault is not null)
        {
            await ApiProblem.Invalid(fault).ExecuteAsync(context);
            return;
        }

        if (feed.Full is { } full)
        {
            await ApiProblem.Of(ErrorCode.ServiceUnavailable, full).ExecuteAsync(context);
            return;
        }

        using var life = new StreamLife(context);
        await using var tail = new MessageTail(feed, log, MatchOf(query), after);
        await new TelemetryEvents(new ServerSentEvents(context.Response, time), tail, query.Partition).WriteAsync(life.End);
    }

    private static (TelemetryQuery Query, string? Fault) ReadQuery(HttpRequest request, QueryParameter[] known, int partitions)
    {
        var reader = new QueryReader(request, known);
        var query = new TelemetryQuery
        {
            DeviceId = reader.Device("deviceId"),
            Partition = (int?)reader.Number("partition", 0, partitions - 1),
            After = reader.Number("after", -1, long.MaxValue, "-1 or more"),
            From = reader.Time("from"),
            To = reader.Time("to"),
            Order = reader.Choice("order", [("asc", TelemetryOrder.Ascending), ("desc", TelemetryOrder.Descending)]),
            Q = reader.Text("q"),
            Limit = reader.Limit(),
            Cursor = reader.Text("cursor", 4_096),
        };
        reader.Require(query.After is null || query.Partition is not null, "after is a place in one partition: give partition too.");
        reader.Require(query.From is null || query.To is null || query.From < query.To, "from has to lie before to.");
        return (query, reader.Fault);
    }

    /// <summary>Where to begin: what the browser says it saw last, when it comes back by itself, rules over the address it came with.</summary>
    private static string? ReadStart(HttpRequest request, TelemetryQuery query, int partitions, Dictionary<int, long> after)
    {
        if (query is { Partition: { } asked, After: { } start })
            after[asked] = start;
        var last = request.Headers["Last-Event-ID"].ToString();
        return last.Length == 0 || StreamPlaces.TryParse(last, partitions, after)
            ? null
            : "Last-Event-ID is the id of an event of this stream: partition-sequenceNumber, several with commas between.";
    }

    private static TelemetryMatch MatchOf(TelemetryQuery query) => new()
    {
        DeviceIds = query.DeviceId is { } id ? new HashSet<DeviceId> { id } : null,
        Partition = query.Partition,
        Text = query.Q is null ? null : new TextSearch(query.Q),
    };
}
