namespace Hub.Server.Messaging.Sessions;

/// <summary>Why the hub ends a link, or why a link ended.</summary>
internal enum LinkCloseKind
{
    /// <summary>The device said goodbye.</summary>
    ClosedByDevice,

    /// <summary>The connection broke without a goodbye.</summary>
    ConnectionLost,

    /// <summary>Nothing was heard for one and a half times the keep-alive.</summary>
    KeepAliveExpired,

    /// <summary>The same device connected again.</summary>
    TakenOver,

    /// <summary>The device was disabled.</summary>
    DeviceDisabled,

    /// <summary>The device was deleted.</summary>
    DeviceDeleted,

    /// <summary>The key or thumbprint that the connection was authenticated with was changed.</summary>
    CredentialChanged,

    /// <summary>The token's time ended.</summary>
    TokenExpired,

    /// <summary>The device broke the rules of its protocol.</summary>
    ProtocolViolation,

    /// <summary>The device did what this hub does not allow.</summary>
    NotAllowed,

    /// <summary>The device does not read what it is sent.</summary>
    NotReading,

    /// <summary>The device acknowledges nothing of what it is sent.</summary>
    NotAcknowledging,

    /// <summary>The store cannot take messages.</summary>
    StoreUnavailable,

    /// <summary>The hub stops.</summary>
    ServerShutdown,

    /// <summary>A fault of the hub; its log says which.</summary>
    Failed,
}

/// <summary>Why a link ends, with the words for the connection history.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Description">In words; tells the device's owner what to mend.</param>
internal record LinkCloseReason(LinkCloseKind Kind, string Description)
{
    /// <summary>What the device itself hears, where its protocol can say it.</summary>
    public string Told
    {
        get => field ?? Description;
        init;
    }

    /// <summary>Whether the device may no longer speak, so that nothing is waited for to end its connection (promise P-5).</summary>
    public bool EndsPromptly => Kind is LinkCloseKind.DeviceDisabled or LinkCloseKind.DeviceDeleted or LinkCloseKind.CredentialChanged;
}
