using System.Text;
using System.Text.Json;
using System.Xml;
using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Names = Hub.Shared.Messages.SystemPropertyNames;

namespace Hub.Server.Api;

/// <summary>Reads what the API's callers ask to send, and says why they may not.</summary>
internal static class DeviceBoundMapper
{
    private const string Json = "application/json";
    public const string DurationRule = "timeToLive is an ISO 8601 duration of days, hours, minutes and seconds, such as PT1H.";

    /// <summary>The message that a request asks to send, or why it asks for none.</summary>
    public static (DeviceBoundDraft? Draft, string? Fault) ToDraft(this SendMessage send, DeviceId device, string by)
    {
        var (body, isJson, fault) = BodyOf(send.Body, send.BodyEncoding);
        if (fault is not null)
            return (null, fault);
        if (send is { TimeToLive: not null, ExpiresAt: not null })
            return (null, "Give timeToLive or expiresAt, not both.");
        if (!TryReadDuration(send.TimeToLive, out var timeToLive))
            return (null, DurationRule);

        var system = new List<KeyValuePair<string, string>>();
        Add(system, Names.CorrelationId, send.CorrelationId);
        Add(system, Names.UserId, send.UserId);
        Add(system, Names.ContentType, send.ContentType ?? (isJson ? Json : null));
        Add(system, Names.ContentEncoding, send.ContentEncoding ?? (isJson ? "utf-8" : null));
        return (new DeviceBoundDraft
        {
            DeviceId = device,
            Message = new Message
            {
                Body = body,
                SystemProperties = SystemProperties.Create(system),
                Properties = ApplicationProperties.Create(send.Properties ?? new Dictionary<string, string>()),
            },
            MessageId = send.MessageId,
            Ack = send.Ack ?? FeedbackAck.None,
            TimeToLive = timeToLive,
            ExpiresAt = send.ExpiresAt,
            NotBefore = send.NotBefore,
            By = by,
        }, null);
    }

    /// <summary>How a resubmission changes the message that failed, or why it makes no sense.</summary>
    public static (Func<Message, Message>? Apply, TimeSpan? TimeToLive, string? Fault) Read(ResubmitMessage change)
    {
        if (!TryReadDuration(change.TimeToLive, out var timeToLive))
            return (null, null, DurationRule);
        var replaces = change.Body is not null || change.BodyEncoding is not null;
        var (body, isJson, fault) = replaces ? BodyOf(change.Body, change.BodyEncoding) : default;
        if (fault is not null)
            return (null, null, fault);
        var contentType = change.ContentType ?? (isJson ? Json : null);
        return (failed => new Message
        {
            Body = replaces ? body : failed.Body,
            // Of a property given twice the last counts.
            SystemProperties = contentType is null ? failed.SystemProperties : SystemProperties.Create([.. failed.SystemProperties.Items, new(Names.ContentType, contentType)]),
            Properties = change.Properties is null ? failed.Properties : ApplicationProperties.Create(change.Properties),
        }, timeToLive, null);
    }

    /// <summary>Reads a duration that may be absent.</summary>
    public static bool TryReadDuration(string? text, out TimeSpan? duration)
    {
        duration = null;
        if (text is null)
            return true;
        var isGood = TryParseDuration(text, out var parsed);
        duration = parsed;
        return isGood;
    }

    /// <summary>Of the forms that ISO 8601 has, those that say how long: a month or a year does not.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        try
        {
            if (text.Length is 0 or > 64 || !text.StartsWith('P') || text.AsSpan(0, Math.Max(text.IndexOf('T', StringComparison.Ordinal), 1)).ContainsAny('Y', 'M'))
                return false;
            if (!text.Contains('T', StringComparison.Ordinal) && text.AsSpan().ContainsAny('Y', 'M'))
                return false;
            duration = XmlConvert.ToTimeSpan(text);
            return duration > TimeSpan.Zero;
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            return false;
        }
    }

    private static (ReadOnlyMemory<byte> Body, bool IsJson, string? Fault) BodyOf(JsonElement? body, BodyEncoding? encoding)
    {
        var given = body is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } element ? element : (JsonElement?)null;
        var isText = given?.ValueKind == JsonValueKind.String;
        switch (encoding ?? (isText || given is null ? BodyEncoding.Utf8 : BodyEncoding.Json))
        {
            case BodyEncoding.Json:
                return given is null ? (default, true, "The body is missing: give the JSON that the device is to get.") : (Encoding.UTF8.GetBytes(given.Value.GetRawText()), true, null);
            case BodyEncoding.Base64 when given is null:
                return (default, false, null);
            case BodyEncoding.Base64:
                return isText && given.Value.TryGetBytesFromBase64(out var bytes) ? (bytes, false, null) : (default, false, "The body is not base64, as bodyEncoding says.");
            default:
                return given is null ? (default, false, null)
                    : isText ? (Encoding.UTF8.GetBytes(given.Value.GetString()!), false, null)
                    : (default, false, "The body is not text, as bodyEncoding says; json sends it as it stands.");
        }
    }

    private static void Add(List<KeyValuePair<string, string>> properties, string name, string? value)
    {
        if (value is not null)
            properties.Add(new(name, value));
    }
}
