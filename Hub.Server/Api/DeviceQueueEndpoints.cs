using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Hub.Server.Api;

/// <summary>What an operator asks about a message that is on its way: the queue that it is in, why it waits, and what others noted.</summary>
internal static class DeviceQueueEndpoints
{
    private const int MaxNoteLength = 2_000;

    private static readonly QueryParameter[] PageParameters =
    [
        new("limit", "integer", "How many at most: 1 to 1000; 100 when left out.", "100"),
        new("cursor", "string", "Where the page before ended, as it said in nextCursor."),
    ];

    public static void MapDeviceQueue(this IEndpointRouteBuilder endpoints)
    {
        var devices = endpoints.MapGroup(ApiRoutes.Devices).WithTags("Cloud to device").WithApiGuard().RequireAuthorization(AccessPolicies.ServiceConnect);
        devices.MapGet("/{id}/c2d", ListAsync).WithName("ListDeviceQueue").WithSummary("Look into a device's queue, the next message first; nothing is taken")
            .WithMetadata([.. PageParameters]);

        var group = endpoints.MapGroup(ApiRoutes.DeviceBound).WithTags("Cloud to device").WithApiGuard().RequireAuthorization(AccessPolicies.ServiceConnect);
        group.MapGet("/{number:long}/why", ExplainAsync).WithName("ExplainDeviceBound").WithSummary("Why a message is not delivered, in words");
        group.MapPost("/{number:long}/notes", NoteAsync).WithName("NoteDeviceBound").WithSummary("Write a note into a message's history");
    }

    private static async Task<Results<JsonHttpResult<DeviceQueuePage>, ProblemHttpResult>> ListAsync(
        DeviceId id, HttpRequest request, DeviceRegistry registry, IDeviceBoundStore store, IOptions<CloudToDeviceOptions> options, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request, PageParameters);
        var (limit, cursor) = (reader.Limit(), reader.Text("cursor", 4_096));
        if (reader.Fault is { } fault)
            return ApiProblem.Invalid(fault);
        if (await registry.FindAsync(id, cancellationToken) is not { } device)
            return ApiProblem.Of(ErrorCode.DeviceNotFound, $"There is no device {id}.");
        try
        {
            var page = await store.ListQueueAsync(id, device.GenerationId, limit, cursor, cancellationToken);
            return TypedResults.Json(
                new DeviceQueuePage
                {
                    Items = [.. page.Items.Select(message => message.ToItem())],
                    NextCursor = page.NextCursor,
                    Depth = device.QueueDepth,
                    MaxDepth = options.Value.MaxQueueDepth,
                },
                TelemetryEndpoints.Json);
        }
        catch (FormatException)
        {
            return ApiProblem.Invalid("The cursor is not one that this queue gave.");
        }
    }

    private static async Task<Results<Ok<DeliveryExplanation>, ProblemHttpResult>> ExplainAsync(long number, DeliveryInquiry inquiry, CancellationToken cancellationToken) =>
        await inquiry.ExplainAsync(number, cancellationToken) is { } explanation ? TypedResults.Ok(explanation) : NotFound();

    private static async Task<Results<NoContent, ProblemHttpResult>> NoteAsync(
        long number, [FromBody] NoteText note, HttpContext context, DeviceBoundQueue queue, CancellationToken cancellationToken)
    {
        var text = note.Text?.Trim();
        if (text is null or "" or { Length: > MaxNoteLength })
            return ApiProblem.Invalid($"A note has 1 to {MaxNoteLength} characters.");
        return await queue.RemarkAsync(number, text, context.ActorName(), cancellationToken) ? TypedResults.NoContent() : NotFound();
    }

    private static ProblemHttpResult NotFound() => ApiProblem.Of(ErrorCode.GenericNotFound, "There is no such message, or it is not kept any more.");
}
