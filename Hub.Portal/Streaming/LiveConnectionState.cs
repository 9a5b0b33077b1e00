namespace Hub.Portal.Streaming;

/// <summary>How the connection to the live hub fares.</summary>
public enum LiveConnectionState
{
    /// <summary>Not wanted, or refused.</summary>
    Stopped,

    /// <summary>Being opened for the first time.</summary>
    Connecting,

    /// <summary>Open.</summary>
    Live,

    /// <summary>Lost; being opened again until it works.</summary>
    Reconnecting,
}
