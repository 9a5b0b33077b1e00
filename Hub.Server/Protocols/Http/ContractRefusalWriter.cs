using Hub.Server.Security;
using Hub.Shared.Api;

namespace Hub.Server.Protocols.Http;

/// <summary>Writes what the authentication handlers refuse in the wire contract's form.</summary>
internal sealed class ContractRefusalWriter : IRefusalWriter
{
    public Task WriteAsync(HttpContext context, ErrorCode code, string message) => new ContractError(code, message).ExecuteAsync(context);
}
