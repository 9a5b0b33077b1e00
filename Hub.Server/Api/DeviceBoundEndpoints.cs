using System.Text.Json;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Security;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Server.Api;

/// <summary>Cloud-to-device messages: <c>/api/v1/devices/{id}/c2d</c> and <c>/api/v1/c2d</c>.</summary>
internal static class DeviceBoundEndpoints
{
    /// <summary>The longest that a send waits for the outcome.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    private static readonly QueryParameter[] SendParameters =
    [
        new("wait", "string", "Answer when the message has ended, or with 202 when this time is over first: a number with s or m, at most 5m.", "30s"),
    ];

    private static readonly QueryParameter[] ListParameters =
    [
        new("deviceId", "string", "Only messages to this device.", "d1"),
        new("state", "string", "Only messages that stand so: Enqueued, Invisible, Completed or DeadLettered.", "Enqueued"),
        new("from", "string", "Only messages enqueued at or after this time.", "2026-01-31T12:00:00Z"),
        new("to", "string", "Only messages enqueued before this time.", "2026-01-31T13:00:00Z"),
        new("q", "string", "Text that the body, a property, the message id or the description contains, without case.", "restart"),
        new("limit", "integer", "How many at most: 1 to 1000; 100 when left out.", "100"),
        new("cursor", "string", "Where the page before ended, as it said in nextCursor."),
    ];

    /// <summary>The largest message, in base64 and with escapes.</summary>
    private const int MaxRequestBytes = 8 * 1024 * 1024;

    private static JsonSerializerOptions Json => TelemetryEndpoints.Json;

    public static void MapDeviceBound(this IEndpointRouteBuilder endpoints)
    {
        var send = endpoints.MapGroup(ApiRoutes.Devices).WithTags("Cloud to device").WithApiGuard().RequireAuthorization(AccessPolicies.ServiceConnect);
        send.MapPost("/{id}/c2d", SendAsync).WithName("SendToDevice").WithSummary("Send a message to a device").WithMetadata([.. SendParameters])
            .WithMetadata(new RequestSizeLimitAttribute(MaxRequestBytes))
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound);

        var group = endpoints.MapGroup(ApiRoutes.DeviceBound).WithTags("Cloud to device").WithApiGuard().RequireAuthorization(AccessPolicies.ServiceConnect);
        group.MapGet("/", ListAsync).WithName("ListDeviceBound").WithSummary("List messages to devices, the newest first").WithMetadata([.. ListParameters]);
        group.MapGet("/{number:long}", GetAsync).WithName("GetDeviceBound").WithSummary("Get a message to a device, with its history");
        group.MapGet("/{number:long}/body", GetBodyAsync).WithName("GetDeviceBoundBody").WithSummary("The body of a message to a device, byte for byte")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{number:long}/cancel", CancelAsync).WithName("CancelDeviceBound")
            .WithSummary("Cancel a message: one that waits ends at once, one that is locked unless the device completes it first");
    }

    private static async Task<Results<JsonHttpResult<DeviceBoundItem>, ProblemHttpResult>> SendAsync(
        DeviceId id, [FromBody] SendMessage message, HttpContext context, DeviceBoundQueue queue, DeviceBoundEnds ends, IDeviceBoundStore store, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var reader = new QueryReader(context.Request, SendParameters);
        var wait = reader.Wait("wait", LongestWait);
        if (reader.Fault is { } fault)
            return ApiProblem.Invalid(fault);
        var (draft, bad) = message.ToDraft(id, context.ActorName());
        if (draft is null)
            return ApiProblem.Invalid(bad!);

        var result = await queue.EnqueueAsync(draft, cancellationToken);
        var refusal = result.FaultOf(id);
        // What programs send stands in the messages' history; what a person does stands in the audit log too.
        if (context.User.Identity?.AuthenticationType == Schemes.Cookie)
            await context.AuditAsync("c2d.send", id.Value, refusal is null, refusal?.Sentence);
        if (refusal is { } refused)
            return ApiProblem.Of(refused);

        var (stored, status) = result is EnqueueResult.Duplicate { First: var first }
            ? (first, StatusCodes.Status200OK)
            : (((EnqueueResult.Enqueued)result).Message, StatusCodes.Status201Created);
        if (wait is { } atMost)
        {
            if (await ends.WaitAsync(stored.Entry.Id, atMost, time, cancellationToken) is { } ended)
                stored = stored with { Entry = ended };
            else
                (stored, status) = (await store.FindAsync(stored.Entry.Id, cancellationToken) ?? stored, StatusCodes.Status202Accepted);
        }

        context.Response.Headers.Location = ApiRoutes.DeviceBoundMessage(stored.Entry.Id);
        return TypedResults.Json(stored.ToItem(), Json, statusCode: status);
    }

    private static async Task<Results<JsonHttpResult<Page<DeviceBoundItem>>, ProblemHttpResult>> ListAsync(
        HttpRequest request, IDeviceBoundStore store, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request, ListParameters);
        var query = new DeviceBoundQuery
        {
            DeviceId = reader.Device("deviceId"),
            State = reader.Choice<DeviceBoundState?>("state", [.. Enum.GetValues<DeviceBoundState>().Select(state => (state.ToString(), (DeviceBoundState?)state))]),
            From = reader.Time("from"),
            To = reader.Time("to"),
            Q = reader.Text("q"),
            Limit = reader.Limit(),
            Cursor = reader.Text("cursor", 4_096),
        };
        reader.Require(query.From is null || query.To is null || query.From < query.To, "from has to lie before to.");
        if (reader.Fault is { } fault)
            return ApiProblem.Invalid(fault);
        try
        {
            var page = await store.ListAsync(query, cancellationToken);
            return TypedResults.Json(new Page<DeviceBoundItem>([.. page.Items.Select(message => message.ToItem())], page.NextCursor), Json);
        }
        catch (FormatException)
        {
            return ApiProblem.Invalid("The cursor is not one that this list gave for the same question.");
        }
    }

    private static async Task<Results<JsonHttpResult<DeviceBoundItem>, ProblemHttpResult>> GetAsync(
        long number, IDeviceBoundStore store, CancellationToken cancellationToken) =>
        await store.FindAsync(number, cancellationToken) is { } found
            ? TypedResults.Json(found.ToItem(await store.HistoryAsync(number, cancellationToken)), Json)
            : NotFound();

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> GetBodyAsync(long number, IDeviceBoundStore store, CancellationToken cancellationToken) =>
        await store.FindAsync(number, cancellationToken) is { } found
            ? TypedResults.File(found.Message.Body.ToArray(), "application/octet-stream")
            : NotFound();

    private static async Task<Results<JsonHttpResult<DeviceBoundItem>, ProblemHttpResult>> CancelAsync(
        long number, HttpContext context, DeviceBoundQueue queue, IDeviceBoundStore store, CancellationToken cancellationToken)
    {
        var changed = await queue.CancelAsync(number, context.ActorName(), cancellationToken);
        if (await store.FindAsync(number, cancellationToken) is not { } found)
            return NotFound();
        // Asked for before, it is still under way.
        var done = changed is not null || found.Entry.IsActive;
        await context.AuditAsync("c2d.cancel", found.Entry.DeviceId.Value, done, $"message {number}");
        return done
            ? TypedResults.Json(found.ToItem(await store.HistoryAsync(number, cancellationToken)), Json)
            : ApiProblem.Of(ErrorCode.PreconditionFailed, $"The message has ended before, with the outcome {found.Entry.Outcome}.");
    }

    private static ProblemHttpResult NotFound() => ApiProblem.Of(ErrorCode.GenericNotFound, "There is no such message, or it is not kept any more.");
}
