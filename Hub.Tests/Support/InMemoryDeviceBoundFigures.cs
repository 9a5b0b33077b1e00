using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Shared.Operations;

namespace Hub.Tests.Support;

/// <summary>The figures of messages in memory, counted one by one, by the same port and its compliance suite.</summary>
internal sealed class InMemoryDeviceBoundFigures(IDeviceBoundStore store) : IDeviceBoundFigures
{
    private const int Hours = 24;

    public async ValueTask<QueueFigures> ReadAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var all = (await store.ListAsync(new DeviceBoundQuery { Limit = int.MaxValue }, cancellationToken)).Items.Select(message => message.Entry).ToList();
        var oldest = all.Where(entry => entry.IsActive).MinBy(entry => (entry.EnqueuedTime, entry.Id));
        var ended = all.Where(entry => entry.SettledTime is { } time && HourOf(time) > HourOf(now).AddHours(-Hours)).CountBy(entry => entry.Outcome!.Value).ToDictionary();
        return new QueueFigures(
            new QueuesOverview
            {
                Enqueued = all.Count(entry => entry.State == DeviceBoundState.Enqueued),
                Invisible = all.Count(entry => entry.State == DeviceBoundState.Invisible),
                Oldest = oldest is null ? null : new WaitingMessage(oldest.Id, oldest.DeviceId, oldest.EnqueuedTime),
                CompletedInDay = ended.GetValueOrDefault(DeviceBoundOutcome.Completed),
                DeadLetteredInDay = ended.Where(pair => pair.Key != DeviceBoundOutcome.Completed).ToDictionary(pair => pair.Key.ToReason()!.Value, pair => (long)pair.Value),
                DeadLetters = all.Count(IsWaiting),
            },
            all.Where(entry => entry.IsActive).CountBy(entry => entry.DeviceId).Select(pair => pair.Value).DefaultIfEmpty().Max());
    }

    public async ValueTask<DeadLetterGroups> GroupAsync(DeadLetterGroupQuery query, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var groups = (await DeadAsync(query.DeviceId, query.Reason, null, cancellationToken))
            .GroupBy(entry => (
                Reason: entry.Outcome!.Value.ToReason()!.Value,
                Device: query.By == DeadLetterGrouping.Description ? (DeviceId?)null : entry.DeviceId,
                Description: query.By == DeadLetterGrouping.Device ? null : entry.Description))
            .OrderByDescending(group => group.Count()).ToList();
        return new DeadLetterGroups(
            [
                .. groups.Take(query.Limit).Select(group => new DeadLetterGroup
                {
                    Reason = group.Key.Reason,
                    DeviceId = group.Key.Device,
                    Description = group.Key.Description,
                    Count = group.Count(),
                    Devices = group.Select(entry => entry.DeviceId).Distinct().Count(),
                    FirstHour = group.Min(entry => HourOf(entry.SettledTime!.Value)),
                    LastHour = group.Max(entry => HourOf(entry.SettledTime!.Value)),
                    Trend = [.. Enumerable.Range(1 - Hours, Hours).Select(back => (long)group.Count(entry => HourOf(entry.SettledTime!.Value) == HourOf(now).AddHours(back)))],
                }),
            ],
            groups.Count, groups.Sum(group => (long)group.Count()));
    }

    public async ValueTask<DeadLetterCount> CountDeadAsync(DeviceId? device, DeadLetterReason? reason, string? description, CancellationToken cancellationToken)
    {
        var found = await DeadAsync(device, reason, description, cancellationToken);
        var devices = found.Select(entry => entry.DeviceId).Distinct().OrderBy(id => id.Value, StringComparer.Ordinal).ToList();
        return new DeadLetterCount(found.Count, false, devices.Count, [.. devices.Take(3)]);
    }

    private async ValueTask<List<DeviceBoundEntry>> DeadAsync(DeviceId? device, DeadLetterReason? reason, string? description, CancellationToken cancellationToken)
    {
        var query = new DeadLetterQuery { DeviceId = device, Reason = reason, Description = description, Resubmitted = false, Limit = int.MaxValue };
        return [.. (await store.ListDeadAsync(query, cancellationToken)).Items.Select(message => message.Entry)];
    }

    private static bool IsWaiting(DeviceBoundEntry entry) => entry is { State: DeviceBoundState.DeadLettered, ResubmittedAs: null };

    private static DateTimeOffset HourOf(DateTimeOffset time) => new(time.UtcTicks / TimeSpan.TicksPerHour * TimeSpan.TicksPerHour, TimeSpan.Zero);
}
