using System.Text.Json;
using Hub.Shared.Messages;

namespace Hub.Shared.CloudToDevice;

/// <summary>A cloud-to-device message to be sent: the body of <c>POST /api/v1/devices/{id}/c2d</c>.</summary>
public sealed record SendMessage
{
    /// <summary>What the device gets to read, in the form that <see cref="BodyEncoding"/> names; absent or null for no bytes at all.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>The form of the body; when absent, text is <c>utf8</c> and any other JSON is <c>json</c>.</summary>
    public BodyEncoding? BodyEncoding { get; init; }

    /// <summary>
    /// The sender's id of the message, at most 128 characters; one is made when absent. Sent again to the same device, it answers the first
    /// message and sends nothing.
    /// </summary>
    public string? MessageId { get; init; }

    /// <summary>In a reply, the id of the request.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>On whose behalf it is sent.</summary>
    public string? UserId { get; init; }

    /// <summary>Such as <c>text/plain</c>; <c>application/json</c> when absent and the body is JSON.</summary>
    public string? ContentType { get; init; }

    /// <summary>Such as <c>utf-8</c>.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>The sender's own properties. Names are ASCII letters, digits and <c>! # $ % &amp; ' * + - . ^ _ ` | ~</c>, values printable ASCII.</summary>
    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    /// <summary>Of which outcomes feedback is wanted; none when absent.</summary>
    public FeedbackAck? Ack { get; init; }

    /// <summary>How long it may wait, as an ISO 8601 duration such as <c>PT1H</c>; counted from <see cref="NotBefore"/> where that is given.</summary>
    public string? TimeToLive { get; init; }

    /// <summary>Until when it may wait; instead of <see cref="TimeToLive"/>.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Before this time it is not delivered.</summary>
    public DateTimeOffset? NotBefore { get; init; }
}
