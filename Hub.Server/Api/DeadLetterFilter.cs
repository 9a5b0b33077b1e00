using Hub.Shared.CloudToDevice;

namespace Hub.Server.Api;

/// <summary>The filters that all questions to the dead letters share.</summary>
internal static class DeadLetterFilter
{
    public static readonly QueryParameter[] Parameters =
    [
        new("deviceId", "string", "Only dead letters of this device.", "d1"),
        new("reason", "string", "Only of this reason: Expired, DeliveryCountExceeded, Rejected, Purged or Cancelled.", "Rejected"),
        new("description", "string", "Only of exactly this description; given without a value: only those that have none.", "bad json"),
        new("resubmitted", "boolean", "Only those that were (true) or were not (false) sent again.", "false"),
        new("from", "string", "Only those that were dead-lettered at or after this time.", "2026-01-31T12:00:00Z"),
        new("to", "string", "Only those that were dead-lettered before this time.", "2026-01-31T13:00:00Z"),
        new("q", "string", "Text that the body, a property, the message id or the description contains, without case.", "bad json"),
    ];

    public static DeadLetterQuery Read(QueryReader reader)
    {
        var query = new DeadLetterQuery
        {
            DeviceId = reader.Device("deviceId"),
            Reason = reader.Reason(),
            Description = reader.Given("description"),
            Resubmitted = reader.Truth("resubmitted"),
            From = reader.Time("from"),
            To = reader.Time("to"),
            Q = reader.Text("q"),
        };
        reader.Require(query.From is null || query.To is null || query.From < query.To, "from has to lie before to.");
        return query;
    }

    public static DeadLetterReason? Reason(this QueryReader reader) =>
        reader.Choice<DeadLetterReason?>("reason", [.. Enum.GetValues<DeadLetterReason>().Select(reason => (reason.ToString(), (DeadLetterReason?)reason))]);

    /// <summary>The filter in words, for whoever reads later what was done.</summary>
    public static string Describe(DeadLetterQuery query)
    {
        List<string> words = [query.DeviceId is { } device ? $"dead letters of {device}" : "dead letters"];
        if (query.Reason is { } reason)
            words.Add(reason.ToString());
        if (query.Description is { } description)
            words.Add(description.Length == 0 ? "without a description" : $"'{description}'");
        if (query.Resubmitted is { } again)
            words.Add(again ? "that were sent again" : "that were not sent again");
        if (query.From is { } from)
            words.Add($"from {from.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z");
        if (query.To is { } to)
            words.Add($"until {to.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z");
        if (query.Q is { } text)
            words.Add($"with the text '{text}'");
        return string.Join(", ", words);
    }
}
