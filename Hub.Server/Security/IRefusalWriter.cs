using Hub.Shared.Api;

namespace Hub.Server.Security;

/// <summary>
/// Endpoint metadata that says in which form an endpoint's refusals are written, so that the authentication handlers need not know:
/// the wire contract's REST and the hub's own API differ.
/// </summary>
internal interface IRefusalWriter
{
    /// <summary>Writes status, headers and body of a refusal.</summary>
    Task WriteAsync(HttpContext context, ErrorCode code, string message);
}
