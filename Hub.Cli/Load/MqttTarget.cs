using System.Net;
using System.Net.Sockets;

namespace Hub.Cli.Load;

/// <summary>Where an MQTT server listens.</summary>
internal sealed record MqttTarget(string Host, int Port, bool Tls)
{
    /// <summary>Reads <c>mqtt://host[:1883]</c> or <c>mqtts://host[:8883]</c>; null when it is neither.</summary>
    public static MqttTarget? TryParse(string? url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.Scheme is not ("mqtt" or "mqtts"))
            return null;
        var tls = uri.Scheme == "mqtts";
        return new MqttTarget(uri.IdnHost, uri.Port > 0 ? uri.Port : tls ? 8883 : 1883, tls);
    }

    /// <summary>The address to dial: IPv4 first.</summary>
    public async Task<IPAddress> ResolveAsync(CancellationToken cancellationToken)
    {
        try
        {
            var all = await Dns.GetHostAddressesAsync(Host, cancellationToken);
            return all.OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First();
        }
        catch (SocketException e)
        {
            throw new CommandException($"The host {Host} is not known: {e.Message}.", e);
        }
    }

    public override string ToString() => $"{(Tls ? "mqtts" : "mqtt")}://{Host}:{Port}";
}
