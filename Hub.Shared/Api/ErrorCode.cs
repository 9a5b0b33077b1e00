namespace Hub.Shared.Api;

/// <summary>The error codes of the wire contract (section 5.4): the first three digits are the HTTP status.</summary>
public enum ErrorCode
{
    /// <summary>The <c>api-version</c> is missing or unknown.</summary>
    InvalidProtocolVersion = 400001,

    /// <summary>The operation makes no sense as asked.</summary>
    InvalidOperation = 400003,

    /// <summary>An argument breaks its rule.</summary>
    ArgumentInvalid = 400004,

    /// <summary>An argument is missing.</summary>
    ArgumentNull = 400005,

    /// <summary>The body cannot be read.</summary>
    IotHubFormatError = 400006,

    /// <summary>Part of a bulk registry operation failed.</summary>
    BulkRegistryOperationFailure = 400013,

    /// <summary>No credential, or one that does not hold.</summary>
    IotHubUnauthorizedAccess = 401002,

    /// <summary>The credential lacks the right.</summary>
    IotHubUnauthorized = 401003,

    /// <summary>The queue of the device is full.</summary>
    DeviceMaximumQueueDepthExceeded = 403004,

    /// <summary>The expiry lies too far ahead.</summary>
    InvalidMessageExpiryTime = 403009,

    /// <summary>The device is disabled.</summary>
    DeviceDisabled = 403012,

    /// <summary>There is nothing at this path.</summary>
    GenericNotFound = 404000,

    /// <summary>There is no such device.</summary>
    DeviceNotFound = 404001,

    /// <summary>The path does not take this method.</summary>
    MethodNotAllowed = 405000,

    /// <summary>The device exists.</summary>
    DeviceAlreadyExists = 409001,

    /// <summary>The <c>If-Match</c> does not hold.</summary>
    PreconditionFailed = 412001,

    /// <summary>The lock of the message is gone.</summary>
    DeviceMessageLockLost = 412002,

    /// <summary>The message is too large.</summary>
    MessageTooLarge = 413001,

    /// <summary>Too many devices in one request.</summary>
    TooManyDevices = 413002,

    /// <summary>Too many requests.</summary>
    ThrottlingException = 429001,

    /// <summary>The hub failed.</summary>
    ServerError = 500001,

    /// <summary>Not built yet.</summary>
    NotImplemented = 501000,

    /// <summary>The hub cannot serve now; try again.</summary>
    ServiceUnavailable = 503001,
}
