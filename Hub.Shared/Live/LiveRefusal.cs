namespace Hub.Shared.Live;

/// <summary>How the live hub's refusals read.</summary>
public static class LiveRefusal
{
    private const string Mark = "HubException: ";

    /// <summary>
    /// The sentence of a refusal. SignalR says first that something went wrong on the server; what that was comes behind it.
    /// </summary>
    /// <param name="message">The message of the client's <c>HubException</c>.</param>
    public static string SentenceOf(string message)
    {
        var at = message.IndexOf(Mark, StringComparison.Ordinal);
        return at < 0 ? message : message[(at + Mark.Length)..];
    }
}
