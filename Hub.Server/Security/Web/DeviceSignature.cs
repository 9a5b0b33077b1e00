namespace Hub.Server.Security.Web;

/// <summary>
/// Endpoint metadata: a token in the <c>Authorization</c> header is a device's here, and the endpoint asks the device authenticator
/// itself. Taken for a policy's, each would be refused, and each refusal logged.
/// </summary>
internal sealed record DeviceSignature;
