using System.Text.Json.Serialization;

namespace Hub.Shared.CloudToDevice;

/// <summary>Work on many messages that the hub does by itself, one after the other; it goes on when whoever asked is gone, and after a restart.</summary>
public sealed record Batch
{
    /// <summary>Its id. A string in JSON, since 64 bits do not fit JavaScript's numbers.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long Id { get; init; }

    /// <summary>What is done.</summary>
    public required BatchKind Kind { get; init; }

    /// <summary>How far it is.</summary>
    public required BatchState State { get; init; }

    /// <summary>On what, in words: such as <c>devices with tag site=oslo</c>, or <c>dead letters of d1, Rejected</c>.</summary>
    public required string Target { get; init; }

    /// <summary>Who asked for it.</summary>
    public required string By { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedTime { get; init; }

    /// <summary>Until then it is held: it can be undone, and nothing has happened.</summary>
    public DateTimeOffset? HeldUntil { get; init; }

    /// <summary>When it was finished or stopped.</summary>
    public DateTimeOffset? EndedTime { get; init; }

    /// <summary>How many items it has: devices, dead letters or messages.</summary>
    public required int Total { get; init; }

    /// <summary>How many of them are done, well or not.</summary>
    public required int Done { get; init; }

    /// <summary>How many of those that are done were refused; each says why.</summary>
    public required int Refused { get; init; }

    /// <summary>How many of the messages that it sent stand so; only where one batch is asked for.</summary>
    public IReadOnlyDictionary<DeviceBoundState, int>? States { get; init; }
}

/// <summary>What a batch does.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BatchKind>))]
public enum BatchKind
{
    /// <summary>Sends a message to many devices.</summary>
    Send,

    /// <summary>Sends dead letters again.</summary>
    Resubmit,

    /// <summary>Deletes dead letters.</summary>
    PurgeDeadLetters,

    /// <summary>Cancels messages.</summary>
    Cancel,

    /// <summary>Ends all that was in a device's queue.</summary>
    Purge,
}

/// <summary>How far a batch is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BatchState>))]
public enum BatchState
{
    /// <summary>It can still be undone: nothing has happened, and nothing of it is delivered meanwhile.</summary>
    Held,

    /// <summary>It is under way.</summary>
    Running,

    /// <summary>All of it is done.</summary>
    Finished,

    /// <summary>It was stopped, or undone: what is not done stays undone.</summary>
    Stopped,
}
