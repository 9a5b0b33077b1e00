using Hub.Shared.CloudToDevice;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Hub.Server.Storage.Model;

/// <summary>
/// Where a cloud-to-device message stands. What the device gets to read is in <see cref="DeviceBoundEnvelopeRow"/>, so that a change of
/// state writes little. It outlives its device, so that its dead letters can still be read.
/// </summary>
internal sealed class DeviceBoundMessageRow
{
    /// <summary>The message's id, in the order of arrival; never given twice.</summary>
    public long Number { get; init; }

    /// <summary>Which registration of the device.</summary>
    public required long DeviceNumber { get; init; }

    public required string DeviceId { get; init; }

    public required string GenerationId { get; init; }

    public required long SequenceNumber { get; init; }

    public required string MessageId { get; init; }

    public required FeedbackAck Ack { get; init; }

    public required long EnqueuedTime { get; init; }

    public required long ExpiresAt { get; init; }

    public long? NotBefore { get; init; }

    public required DeviceBoundState State { get; init; }

    public required int DeliveryCount { get; init; }

    public byte[]? LockToken { get; init; }

    public long? LockedUntil { get; init; }

    public string? LockHolder { get; init; }

    public string? CancelledBy { get; init; }

    public DeviceBoundOutcome? Outcome { get; init; }

    public string? Description { get; init; }

    public long? SettledTime { get; init; }

    public long? OriginNumber { get; init; }

    public required int Attempt { get; init; }

    public long? ResubmittedAs { get; init; }

    /// <summary>The number of the batch that holds it back.</summary>
    public long? HeldBy { get; init; }
}

internal sealed class DeviceBoundMessageRowMapping : IEntityTypeConfiguration<DeviceBoundMessageRow>
{
    public const string QueueIndex = "IX_DeviceBoundMessages_Queue";
    public const string ExpiryIndex = "IX_DeviceBoundMessages_Expiry";
    public const string TimeIndex = "IX_DeviceBoundMessages_Time";
    public const string DeviceIndex = "IX_DeviceBoundMessages_Device";
    public const string StateIndex = "IX_DeviceBoundMessages_State";
    public const string MessageIdIndex = "IX_DeviceBoundMessages_MessageId";
    public const string ScheduleIndex = "IX_DeviceBoundMessages_Schedule";

    public const string EndIndex = "IX_DeviceBoundMessages_End";

    public const string DeadDeviceIndex = "IX_DeviceBoundMessages_DeadByDevice";
    public const string DeadReasonIndex = "IX_DeviceBoundMessages_DeadByReason";

    public const string HeldIndex = "IX_DeviceBoundMessages_Held";

    /// <summary>Of what is held back only.</summary>
    public const string Held = "HeldBy IS NOT NULL";

    /// <summary>Of dead letters only.</summary>
    public const string Dead = "State = 3";

    /// <summary>Of what has ended only.</summary>
    public const string Ended = "State > 1";

    /// <summary>Of what waits or is locked only; queries have to say the same words to use them.</summary>
    public const string Active = "State < 2";

    public void Configure(EntityTypeBuilder<DeviceBoundMessageRow> builder)
    {
        builder.ToTable("DeviceBoundMessages", t => t.HasCheckConstraint("CK_DeviceBoundMessages_State", "\"State\" BETWEEN 0 AND 3"));
        builder.HasKey(m => m.Number);
        builder.HasIndex(m => new { m.DeviceNumber, m.SequenceNumber }, QueueIndex).HasFilter(Active);
        builder.HasIndex(m => m.ExpiresAt, ExpiryIndex).HasFilter(Active);
        builder.HasIndex(m => m.NotBefore, ScheduleIndex).HasFilter(Active + " AND NotBefore IS NOT NULL");
        builder.HasIndex(m => new { m.DeviceNumber, m.SequenceNumber }, HeldIndex).HasFilter(Held);
        // Lists, the newest first; SQLite ends every index with the number.
        builder.HasIndex(m => m.EnqueuedTime, TimeIndex);
        builder.HasIndex(m => new { m.DeviceId, m.EnqueuedTime }, DeviceIndex);
        builder.HasIndex(m => new { m.State, m.EnqueuedTime }, StateIndex);
        builder.HasIndex(m => new { m.State, m.SettledTime }, EndIndex).HasFilter(Ended);
        builder.HasIndex(m => new { m.DeviceId, m.SettledTime }, DeadDeviceIndex).HasFilter(Dead);
        builder.HasIndex(m => new { m.Outcome, m.SettledTime }, DeadReasonIndex).HasFilter(Dead);
        // What was sent again bears the id of what it was made of; the first is the one that an id finds.
        builder.HasIndex(m => new { m.DeviceNumber, m.MessageId }, MessageIdIndex).IsUnique().HasFilter("OriginNumber IS NULL");
    }
}
