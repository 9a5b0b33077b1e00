using System.Text.Json;
using Hub.Shared.Messages;

namespace Hub.Shared.CloudToDevice;

/// <summary>
/// How a dead letter is to be sent again: the body of <c>POST /api/v1/deadletters/{id}/resubmit</c>. What is absent stays as it was; a
/// message without any change goes out as it was, with its message id.
/// </summary>
public sealed record ResubmitMessage
{
    /// <summary>Another body, in the form that <see cref="BodyEncoding"/> names.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>The form of the body; when absent, text is <c>utf8</c> and any other JSON is <c>json</c>.</summary>
    public BodyEncoding? BodyEncoding { get; init; }

    /// <summary>Another content type.</summary>
    public string? ContentType { get; init; }

    /// <summary>Other properties, in place of all that there were.</summary>
    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    /// <summary>How long it may wait, as an ISO 8601 duration; the default of the hub when absent.</summary>
    public string? TimeToLive { get; init; }
}
