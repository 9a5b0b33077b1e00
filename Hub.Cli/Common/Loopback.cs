using System.Net;

namespace Hub.Cli.Common;

/// <summary>Whether a host is this machine.</summary>
internal static class Loopback
{
    /// <summary>Decided by the name alone, without asking a name server.</summary>
    public static bool IsName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
