using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Shared.Messages;

namespace Hub.Shared.CloudToDevice;

/// <summary>A cloud-to-device message as the API shows it.</summary>
public sealed record DeviceBoundItem : DeviceBoundStanding
{
    /// <summary>A message whose members are set one by one.</summary>
    [JsonConstructor]
    public DeviceBoundItem()
    {
    }

    /// <summary>A message that stands so, and reads so.</summary>
    [SetsRequiredMembers]
    public DeviceBoundItem(DeviceBoundStanding standing, IReadOnlyDictionary<string, string> properties, JsonElement body, BodyEncoding bodyEncoding)
        : base(standing) => (Properties, Body, BodyEncoding) = (properties, body, bodyEncoding);

    /// <summary>In a reply, the id of the request.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>On whose behalf it was sent.</summary>
    public string? UserId { get; init; }

    /// <summary>Such as <c>application/json</c>.</summary>
    public string? ContentType { get; init; }

    /// <summary>Such as <c>utf-8</c>.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>The sender's own properties.</summary>
    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    /// <summary>The body, in the form that <see cref="BodyEncoding"/> names.</summary>
    public required JsonElement Body { get; init; }

    /// <summary>The form of the body.</summary>
    public required BodyEncoding BodyEncoding { get; init; }

    /// <summary>What happened to it, the oldest first; only where one message is asked for.</summary>
    public IReadOnlyList<DeviceBoundHistoryEntry>? History { get; init; }

    /// <summary>The message as it is after a change of it: it stands as the change says, and its history, where it is known, has grown.</summary>
    public DeviceBoundItem After(DeviceBoundChange change) => new(change, Properties, Body, BodyEncoding)
    {
        CorrelationId = CorrelationId,
        UserId = UserId,
        ContentType = ContentType,
        ContentEncoding = ContentEncoding,
        History = History is null ? null : [.. History, .. change.Events],
    };
}
