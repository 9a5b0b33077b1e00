using System.Collections.Immutable;
using Hub.Shared.CloudToDevice;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>The three settlements of a device.</summary>
internal enum SettlementKind
{
    /// <summary>Done.</summary>
    Complete,

    /// <summary>Not now; deliver it again.</summary>
    Abandon,

    /// <summary>Never; dead-letter it.</summary>
    Reject,
}

/// <summary>How a device settles a message.</summary>
internal sealed record Settlement
{
    public required SettlementKind Kind { get; init; }

    /// <summary>The lock under which the device got it.</summary>
    public required Guid Token { get; init; }

    /// <summary>Where it came from, for the history: the protocol, the connection, the packet.</summary>
    public required string Place { get; init; }

    /// <summary>Why, as the device says; null when it says nothing.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it holds for a message whose lock has ended, as long as nobody has taken it again (decision 9).</summary>
    public bool MayBeLate { get; init; }

    /// <summary>What became of the delivery before, as far as it is not stored yet.</summary>
    public ImmutableArray<DeviceBoundHistoryEntry> Before { get; init; } = [];
}
