namespace Hub.Server.Security.Web;

/// <summary>
/// Endpoint metadata: only a token in the <c>Authorization</c> header counts here, an operator's cookie does not. For what programs
/// call: no browser, and so no other site, can then act there in an operator's name.
/// </summary>
internal sealed record SignatureOnly;
