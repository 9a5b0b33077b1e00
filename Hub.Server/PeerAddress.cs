using System.Net;

namespace Hub.Server;

/// <summary>
/// For rooms: how a peer's address is written. One that reaches a door of both families by IPv4 is written as IPv4, so that it is the
/// same wherever it comes in: <c>192.0.2.7:51234</c>, not <c>[::ffff:192.0.2.7]:51234</c>.
/// </summary>
internal static class PeerAddress
{
    /// <summary>The address alone; null when there is none, as of a peer in the same process.</summary>
    public static string? TextOf(IPAddress? address) => Plain(address)?.ToString();

    /// <summary>The address alone, of an end point.</summary>
    public static string? TextOf(EndPoint? peer) => TextOf((peer as IPEndPoint)?.Address);

    /// <summary>Address and port.</summary>
    public static string? WithPort(EndPoint? peer) =>
        peer is IPEndPoint { Address: var address } ip ? new IPEndPoint(Plain(address)!, ip.Port).ToString() : peer?.ToString();

    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
