using System.Net;
using System.Net.Sockets;

namespace Hub.Server.Security;

/// <summary>
/// What attempts are counted by: an IPv4 address, or the /64 of an IPv6 address, since whoever has one address of it has them all.
/// </summary>
internal static class AddressPrefix
{
    private const int PrefixBytes = 8;

    public static string Of(string? address)
    {
        if (!IPAddress.TryParse(address, out var ip))
            return address ?? string.Empty;
        if (ip.IsIPv4MappedToIPv6)
            return ip.MapToIPv4().ToString();
        if (ip.AddressFamily != AddressFamily.InterNetworkV6)
            return ip.ToString();

        Span<byte> bytes = stackalloc byte[16];
        ip.TryWriteBytes(bytes, out _);
        bytes[PrefixBytes..].Clear();
        return new IPAddress(bytes).ToString();
    }
}
