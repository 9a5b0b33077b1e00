namespace Hub.Server.Security;

/// <summary>Decides whether a peer may speak for a device, by token or certificate. Singleton; safe from any thread.</summary>
internal sealed class DeviceAuthenticator
{
    public ValueTask<DeviceAuthentication> AuthenticateAsync(DeviceAuthenticationRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{request} {cancellationToken}");
}
