using System.Text.Json.Serialization;

namespace Hub.Shared.Operations;

/// <summary>One thing that an operator or a policy did.</summary>
public sealed record AuditEntry
{
    /// <summary>The place in the audit log.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long Id { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Who: an operator's name, or <c>policy:</c> and the policy's name.</summary>
    public required string Actor { get; init; }

    /// <summary>From which address.</summary>
    public string? Source { get; init; }

    /// <summary>What, such as <c>device.create</c>.</summary>
    public required string Action { get; init; }

    /// <summary>To what, such as a device id; null when there is no target.</summary>
    public string? Target { get; init; }

    /// <summary>Whether it succeeded.</summary>
    public required bool Succeeded { get; init; }

    /// <summary>More, in words; never a secret and never a payload.</summary>
    public string? Detail { get; init; }
}
