using System.Globalization;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Server.Registry;
using Hub.Shared.Api;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Server.Api;

/// <summary>The batch that a request asks for, or why it asks for none.</summary>
internal readonly record struct BatchReading(NewBatch? Batch, ErrorCode Code, string? Fault)
{
    public static BatchReading Invalid(string fault) => new(null, ErrorCode.ArgumentInvalid, fault);
}

/// <summary>Reads what is asked of many messages at once; what cannot be done with any of them is refused before it begins.</summary>
internal sealed class BatchReader(DeviceBoundQueue queue, IDeviceBoundStore store, DeviceRegistry registry, TimeProvider time)
{
    private const int MaxItems = 10_000;
    private const string CountRule = "A batch names 1 to 10,000 at a time.";
    private const string HoldRule = "hold is an ISO 8601 duration of at most a minute, such as PT10S.";
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(1);

    public BatchReading Read(SendBatch request, string by)
    {
        if (request.DeviceIds is null == request.Tag is null)
            return BatchReading.Invalid("Say to which devices: by deviceIds or by tag, not both.");
        if (request.Message is null)
            return BatchReading.Invalid("message is missing: say what each device is to get.");
        // Judged with a device that stands for all: what the message itself is refused for, each would be.
        var (draft, fault) = request.Message.ToDraft(default, by);
        if (draft is null)
            return BatchReading.Invalid(fault!);
        if (queue.Prepare(draft).Refused?.FaultOf(default) is var (code, sentence))
            return new BatchReading(null, code, sentence);
        var definition = new BatchDefinition { Message = BatchMessage.Of(draft), Tag = request.Tag };
        if (request.Tag is { } tag)
            return tag.Length is 0 or > 256 ? BatchReading.Invalid("A tag is name or name=value.") : Make(BatchKind.Send, $"devices with tag {tag}", by, null, definition, null);

        var devices = new List<BatchSubject>();
        foreach (var text in request.DeviceIds!.Distinct(StringComparer.Ordinal))
        {
            if (text is null || !DeviceId.TryParse(text, out var id))
                return BatchReading.Invalid($"{ForeignText.Clean(text ?? "null", 40)} is no device id: {DeviceId.Rule}");
            devices.Add(new BatchSubject(id));
        }

        return devices.Count is 0 or > MaxItems ? BatchReading.Invalid(CountRule) : Make(BatchKind.Send, CountOf(devices.Count, "device"), by, null, definition, devices);
    }

    public async ValueTask<BatchReading> ReadAsync(CancelBatch request, string by, CancellationToken cancellationToken)
    {
        if (request.Ids is null == request.DeviceId is null)
            return BatchReading.Invalid("Say which: messages by ids, or the queue of a deviceId, not both.");
        if (!TryReadHold(request.Hold, out var hold))
            return BatchReading.Invalid(HoldRule);
        if (request.Ids is { } ids)
            return await MakeAsync(BatchKind.Cancel, ids, "message", by, hold, new BatchDefinition(), cancellationToken);
        var device = request.DeviceId!.Value;
        if (await registry.FindAsync(device, cancellationToken) is null)
            return new BatchReading(null, ErrorCode.DeviceNotFound, $"There is no device {device}.");
        var purge = Make(BatchKind.Purge, $"the queue of {device}", by, hold, new BatchDefinition(), null);
        return purge with { Batch = purge.Batch! with { QueueOf = device } };
    }

    public async ValueTask<BatchReading> ReadAsync(DeadLetterBatch request, BatchKind kind, string by, CancellationToken cancellationToken)
    {
        if (request.Ids is null == request.Filter is null)
            return BatchReading.Invalid("Say which dead letters: by ids, or all that match a filter, not both.");
        if (!TryReadHold(request.Hold, out var hold))
            return BatchReading.Invalid(HoldRule);
        if (!DeviceBoundMapper.TryReadDuration(request.TimeToLive, out var timeToLive))
            return BatchReading.Invalid(DeviceBoundMapper.DurationRule);
        if (kind != BatchKind.Resubmit && timeToLive is not null)
            return BatchReading.Invalid("What is deleted has no time to live: leave timeToLive out.");
        if (queue.JudgeLife(timeToLive)?.FaultOf(default) is var (code, sentence))
            return new BatchReading(null, code, sentence);
        var definition = new BatchDefinition { TimeToLive = timeToLive };
        if (request.Ids is { } ids)
            return await MakeAsync(kind, ids, "dead letter", by, hold, definition, cancellationToken);
        var filter = request.Filter!;
        if (filter is not { Limit: 100, Cursor: null })
            return BatchReading.Invalid("The filter has no limit and no cursor here: the batch takes all that match.");
        return Make(kind, DeadLetterFilter.Describe(filter), by, hold, definition with { DeadLetters = filter }, null);
    }

    private async ValueTask<BatchReading> MakeAsync(
        BatchKind kind, IReadOnlyList<string> ids, string noun, string by, TimeSpan? hold, BatchDefinition definition, CancellationToken cancellationToken)
    {
        var items = new List<BatchSubject>();
        foreach (var text in ids.Distinct(StringComparer.Ordinal))
        {
            if (items.Count == MaxItems)
                return BatchReading.Invalid(CountRule);
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                return BatchReading.Invalid($"{ForeignText.Clean(text ?? "null", 40)} is no id of a {noun}: those are whole numbers.");
            if (await store.FindAsync(id, cancellationToken) is not { Entry: var entry })
                return new BatchReading(null, ErrorCode.GenericNotFound, $"There is no {noun} {id}, or it is not kept any more.");
            items.Add(new BatchSubject(entry.DeviceId, id));
        }

        return items.Count == 0 ? BatchReading.Invalid(CountRule) : Make(kind, CountOf(items.Count, noun), by, hold, definition, items);
    }

    private BatchReading Make(BatchKind kind, string target, string by, TimeSpan? hold, BatchDefinition definition, IReadOnlyList<BatchSubject>? items)
    {
        var now = time.GetUtcNow();
        return new BatchReading(
            new NewBatch { Kind = kind, Target = target, By = by, CreatedTime = now, HeldUntil = now + hold, Definition = definition, Items = items }, default, null);
    }

    private static bool TryReadHold(string? text, out TimeSpan? hold) => DeviceBoundMapper.TryReadDuration(text, out hold) && !(hold > LongestHold);

    private static string CountOf(int count, string noun) => count == 1 ? $"1 {noun}" : string.Create(CultureInfo.InvariantCulture, $"{count} {noun}s");
}
