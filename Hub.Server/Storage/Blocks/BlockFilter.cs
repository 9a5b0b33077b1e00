using Hub.Server.Messaging.DeviceToCloud;

namespace Hub.Server.Storage.Blocks;

/// <summary>Which messages of a block are wanted.</summary>
internal sealed record BlockFilter
{
    /// <summary>Everything.</summary>
    public static readonly BlockFilter All = new();

    public string? DeviceId { get; init; }

    /// <summary>The least enqueued time, in UTC ticks.</summary>
    public long FromTicks { get; init; } = long.MinValue;

    /// <summary>Before this enqueued time.</summary>
    public long ToTicks { get; init; } = long.MaxValue;

    public TextSearch? Text { get; init; }
}
