namespace Hub.Shared.Messages;

/// <summary>The camelCase names under which system properties appear in JSON (wire contract, section 1.2).</summary>
public static class SystemPropertyNames
{
    /// <summary>Set by the sender.</summary>
    public const string MessageId = "messageId";

    /// <summary>Set by the sender; in a reply, the id of the request.</summary>
    public const string CorrelationId = "correlationId";

    /// <summary>Set by the sender.</summary>
    public const string UserId = "userId";

    /// <summary>Set by the sender.</summary>
    public const string To = "to";

    /// <summary>Set by the sender, such as <c>application/json</c>.</summary>
    public const string ContentType = "contentType";

    /// <summary>Set by the sender, such as <c>utf-8</c>.</summary>
    public const string ContentEncoding = "contentEncoding";

    /// <summary>Set by the sender: when the message was made.</summary>
    public const string CreationTimeUtc = "iothub-creation-time-utc";

    /// <summary>Set by the sender: when the message is of no more use.</summary>
    public const string AbsoluteExpiryTime = "absoluteExpiryTime";

    /// <summary>Set by the sender: the component the message comes from.</summary>
    public const string Subject = "dt-subject";

    /// <summary>Stamped by the hub: the model that the device announced when it connected.</summary>
    public const string DataSchema = "dt-dataschema";

    /// <summary>Set by the sender (older plug-and-play devices).</summary>
    public const string InterfaceId = "iothub-interface-id";

    /// <summary>Set by the sender: the schema of the body.</summary>
    public const string MessageSchema = "iothub-message-schema";

    /// <summary>Set by the sender: whether feedback is wanted; has meaning only from the cloud to a device.</summary>
    public const string Ack = "iothub-ack";

    /// <summary>Stamped by the hub: when the message was taken in.</summary>
    public const string EnqueuedTime = "enqueuedTime";

    /// <summary>Stamped by the hub: which device sent it.</summary>
    public const string ConnectionDeviceId = "connectionDeviceId";

    /// <summary>Stamped by the hub: which registration of that device.</summary>
    public const string ConnectionDeviceGenerationId = "connectionDeviceGenerationId";

    /// <summary>Stamped by the hub: how the device had proved who it is, as JSON text.</summary>
    public const string ConnectionAuthMethod = "connectionAuthMethod";

    /// <summary>Stamped by the hub: <c>Telemetry</c>.</summary>
    public const string MessageSource = "iothub-message-source";
}
