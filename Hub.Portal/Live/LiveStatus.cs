namespace Hub.Portal.Live;

/// <summary>How the live view stands to the hub.</summary>
public enum LiveStatus
{
    /// <summary>The first connection is being made, or the place to begin is looked up.</summary>
    Connecting,

    /// <summary>Messages come as they are stored.</summary>
    Live,

    /// <summary>The connection was lost and is being made again.</summary>
    Reconnecting,

    /// <summary>The hub refused; it is not tried again until the operator asks.</summary>
    Failed,
}
