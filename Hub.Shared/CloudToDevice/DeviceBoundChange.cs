using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Hub.Shared.CloudToDevice;

/// <summary>
/// What happened to a cloud-to-device message, as the streams tell it: where it stands now, and the lines that its history gained. The body
/// is not among it; <c>GET /api/v1/c2d/{id}</c> has it.
/// </summary>
public sealed record DeviceBoundChange : DeviceBoundStanding
{
    /// <summary>A change whose members are set one by one.</summary>
    [JsonConstructor]
    public DeviceBoundChange()
    {
    }

    /// <summary>A change of a message that stands so from then on.</summary>
    [SetsRequiredMembers]
    public DeviceBoundChange(DeviceBoundStanding after, IReadOnlyList<DeviceBoundHistoryEntry> events)
        : base(after) => Events = events;

    /// <summary>What happened, the oldest first.</summary>
    public required IReadOnlyList<DeviceBoundHistoryEntry> Events { get; init; }
}
