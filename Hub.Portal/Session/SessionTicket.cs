using Hub.Shared.Security;

namespace Hub.Portal.Session;

/// <summary>What is known of the session: who we are, and the antiforgery token. Held apart so that the API client can use it.</summary>
public sealed class SessionTicket
{
    /// <summary>Raised when the hub no longer knows us.</summary>
    public event Action? Ended;

    /// <summary>The session as the hub last told it; null before it was asked.</summary>
    public SessionInfo? Current { get; private set; }

    /// <summary>Whether a session has ended on the hub's side while it was used here.</summary>
    public bool WasEnded { get; private set; }

    /// <summary>Keeps what the hub told.</summary>
    public void Set(SessionInfo session)
    {
        Current = session;
        WasEnded &= session.UserName is null;
    }

    /// <summary>Forgets who we are: the hub does not know us any more, or the operator has signed out here.</summary>
    /// <param name="signedOut">Whether the operator did it, here.</param>
    public void End(bool signedOut = false)
    {
        // The hub may have told its end before it answered the sign-out.
        if (signedOut)
            WasEnded = false;
        if (Current?.UserName is null)
            return;
        WasEnded = !signedOut;
        Current = new SessionInfo { Rights = [], SetUpNeeded = false };
        Ended?.Invoke();
    }
}
