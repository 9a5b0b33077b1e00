namespace Hub.Server.Security.Web;

/// <summary>Who is asking, and from where, as logs and the audit name it.</summary>
internal static class Caller
{
    public const string Nobody = "anonymous";

    /// <summary>How a shared access policy is named, which no operator's name can be: it may hold no colon.</summary>
    public static string NameOfPolicy(string policy) => $"policy:{policy}";

    /// <summary>An operator's name, or <c>policy:NAME</c>.</summary>
    public static string ActorName(this HttpContext context) =>
        context.User.Identity is { IsAuthenticated: true, Name: { } name } ? name : Nobody;

    /// <summary>The address without the port; null when the connection has none.</summary>
    public static string? SourceAddress(this HttpContext context) => PeerAddress.TextOf(context.Connection.RemoteIpAddress);
}
