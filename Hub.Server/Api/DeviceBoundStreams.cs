using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.Devices;

namespace Hub.Server.Api;

/// <summary>What happens to messages, as it happens: <c>/api/v1/c2d/stream</c> and <c>/api/v1/feedback/stream</c>.</summary>
internal static class DeviceBoundStreams
{
    /// <summary>How many changes may wait for a client before it misses some.</summary>
    private const int MaxQueued = 10_000;

    private static readonly QueryParameter[] Parameters =
    [
        new("deviceId", "string", "Only what concerns this device.", "d1"),
    ];

    public static void MapDeviceBoundStreams(this IEndpointRouteBuilder endpoints)
    {
        Map(ApiRoutes.DeviceBoundStream, StreamChangesAsync, "StreamDeviceBound", "Follow what happens to messages to devices, as server-sent events from now on");
        Map(ApiRoutes.FeedbackStream, StreamFeedbackAsync, "StreamFeedback", "Follow the outcomes that senders asked for, as server-sent events from now on");

        void Map(string path, Delegate handler, string name, string summary) => endpoints.MapGet(path, handler)
            .WithTags("Cloud to device").WithApiGuard().RequireAuthorization(AccessPolicies.ServiceConnect).WithName(name).WithSummary(summary).WithMetadata([.. Parameters])
            .Produces(StatusCodes.Status200OK, contentType: "text/event-stream").ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static Task StreamChangesAsync(HttpContext context, DeviceBoundFeed feed, TimeProvider time) =>
        StreamAsync(context, feed, time, static change => change.ToChange());

    private static Task StreamFeedbackAsync(HttpContext context, DeviceBoundFeed feed, TimeProvider time) =>
        StreamAsync(context, feed, time, static change => change.ToFeedback());

    private static async Task StreamAsync<T>(HttpContext context, DeviceBoundFeed feed, TimeProvider time, Func<DeviceBoundTransition, T?> show)
        where T : class
    {
        var reader = new QueryReader(context.Request, Parameters);
        var device = reader.Device("deviceId");
        if (reader.Fault is { } fault)
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
        using var subscription = feed.Subscribe(MaxQueued);
        try
        {
            await WriteAsync(new ServerSentEvents(context.Response, time), subscription, device, show, life.End);
        }
        catch (OperationCanceledException) when (life.End.IsCancellationRequested)
        {
            // The client left, or the hub stops: the stream's ordinary end.
        }
    }

    private static async Task WriteAsync<T>(
        ServerSentEvents events, DeviceBoundSubscription subscription, DeviceId? device, Func<DeviceBoundTransition, T?> show, CancellationToken end)
        where T : class
    {
        await events.BeginAsync(end);
        while (true)
        {
            while (subscription.Changes.TryRead(out var change))
            {
                if ((device is not { } only || change.After.DeviceId == only) && show(change) is { } shown)
                    events.Add(shown);
                if (events.ShouldFlush)
                    await events.FlushAsync(end);
            }

            if (subscription.TakeMissed() is var missed and > 0)
                events.AddDropped(missed);
            await events.FlushAsync(end);
            await events.WaitAsync(subscription.Changes.WaitToReadAsync, end);
        }
    }
}
