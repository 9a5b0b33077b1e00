using Hub.Shared.Security;

namespace Hub.Portal.Session;

/// <summary>What is known of the session: who we are, and the antiforgery token. Held apart so that the API client can use it.</summary>
public sealed class SessionTicket
{
    /// <summary>Raised when the hub no longer knows us.</summary>
    public event Action? Ended;

    /// <summary>The session as the hub last told it; null before it was asked.</summary>
    public SessionInfo? Current { get; private set; }

    /// <summary>Keeps what the hub told.</summary>
    public void Set(SessionInfo session) => Current = session;

    /// <summary>Forgets who we are, after the hub answered 401.</summary>
    public void End()
    {
        if (Current?.UserName is null)
            return;
        Current = new SessionInfo { Rights = [], SetUpNeeded = false };
        Ended?.Invoke();
    }
}
