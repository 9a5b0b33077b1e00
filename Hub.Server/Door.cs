using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hub.Server;

/// <summary>One address at which the hub listens, as configured.</summary>
/// <param name="Key">The configuration key it stands under.</param>
/// <param name="Scheme"><c>http</c>, <c>https</c>, <c>mqtt</c> or <c>mqtts</c>.</param>
/// <param name="Address">The address; null for all (<c>*</c>).</param>
/// <param name="Port">The port; 0 for a free one.</param>
internal sealed record Door(string Key, string Scheme, IPAddress? Address, int Port)
{
    public bool IsTls => Scheme is "https" or "mqtts";

    public bool IsMqtt => Scheme is "mqtt" or "mqtts";

    /// <summary>Where the system is asked to listen: for all addresses by IPv6, which takes IPv4 too, or by IPv4 where there is no other.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints =>
        Address is null ? [new IPEndPoint(IPAddress.IPv6Any, Port), new IPEndPoint(IPAddress.Any, Port)] : [new IPEndPoint(Address, Port)];

    private bool IsWildcard => Address is null || Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any);

    private bool IsLoopback => Address is not null && IPAddress.IsLoopback(Address);

    /// <summary>All doors that the options name.</summary>
    /// <exception cref="StartupException">An address is malformed, or would open a plain door to others.</exception>
    public static IReadOnlyList<Door> Parse(EndpointOptions options) =>
    [
        .. Parse("Http", "http", options.Http),
        .. Parse("Https", "https", options.Https),
        .. Parse("Mqtt", "mqtt", options.Mqtt),
        .. Parse("Mqtts", "mqtts", options.Mqtts),
    ];

    /// <summary>Refuses what would let others read keys and payloads, unless the configuration says so in so many words.</summary>
    public static void CheckPlain(IEnumerable<Door> doors, EndpointOptions options)
    {
        if (options.AllowPlainOutsideLoopback)
            return;
        if (doors.FirstOrDefault(door => !door.IsTls && !door.IsLoopback) is { } open)
        {
            throw new StartupException(
                $"{open.Key} would open a plain door beyond this machine: use a loopback address such as 127.0.0.1, or set "
                + $"{EndpointOptions.Section}:{nameof(EndpointOptions.AllowPlainOutsideLoopback)} to true.");
        }
    }

    /// <summary>Refuses two doors at one place, which the system would report as if another program were there.</summary>
    public static void CheckDistinct(IEnumerable<Door> doors)
    {
        foreach (var same in doors.Where(door => door.Port != 0).GroupBy(door => (door.Address, door.Port)))
        {
            if (same.Skip(1).FirstOrDefault() is { } second)
                throw new StartupException($"{same.First().Key} and {second.Key} name the same place, {second.UrlAt(second.Port, "*")}: give one of them another port.");
        }
    }

    /// <summary>The door as others dial it; all addresses of a machine are dialled by its name.</summary>
    public string UrlAt(int port, string hostName)
    {
        var host = IsWildcard ? hostName : Address!.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Address}]" : $"{Address}";
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{host}:{port}");
    }

    private static IEnumerable<Door> Parse(string name, string scheme, string value)
    {
        foreach (var text in value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            yield return ParseOne($"{EndpointOptions.Section}:{name}", scheme, text);
    }

    private static Door ParseOne(string key, string scheme, string text)
    {
        var prefix = scheme + "://";
        var rest = text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? text[prefix.Length..].TrimEnd('/') : string.Empty;
        var colon = rest.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            throw Malformed(key, scheme, text);

        IPAddress? address = null;
        var host = rest[..colon];
        if (host == "localhost")
            address = IPAddress.Loopback;
        else if (host is not ("*" or "+") && !IPAddress.TryParse(host.Trim('[', ']'), out address))
            throw Malformed(key, scheme, text);
        return new Door(key, scheme, address, port);
    }

    private static StartupException Malformed(string key, string scheme, string text) => new(
        $"{key} holds \"{text}\", which is no address: write {scheme}://ADDRESS:PORT, where ADDRESS is an IP address, localhost or * for all.");
}
