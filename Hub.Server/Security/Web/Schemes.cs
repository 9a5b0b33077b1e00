namespace Hub.Server.Security.Web;

/// <summary>The authentication schemes.</summary>
internal static class Schemes
{
    /// <summary>
    /// The default: a request with an <c>Authorization</c> header (or a token in the query, at the live hub) stands and falls with it;
    /// every other is judged by the operator's cookie.
    /// </summary>
    public const string Any = "hub";

    public const string Signature = Shared.Security.SharedAccessSignature.Scheme;

    public const string Cookie = "operator";
}
