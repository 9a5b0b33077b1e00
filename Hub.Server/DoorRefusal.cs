using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Hub.Server;

/// <summary>Puts into words why the system did not let the server open a door: which key names it, and what to do.</summary>
internal static class DoorRefusal
{
    private const int FirstFreePort = 1024;

    /// <summary>What to tell whoever starts the hub; null when the exception is about no door.</summary>
    public static StartupException? Explain(IReadOnlyList<Door> doors, Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is IOException { InnerException: AddressInUseException })
                return new StartupException(Describe(FindNamed(doors, cause.Message), SocketError.AddressAlreadyInUse, cause.Message), exception);
            if (cause is SocketException refused)
                return new StartupException(Describe(FindRefused(doors, refused.SocketErrorCode), refused.SocketErrorCode, refused.Message), exception);
        }

        return null;
    }

    /// <summary>The door whose address stands in what the server says; null when it is none of them.</summary>
    internal static Door? FindNamed(IEnumerable<Door> doors, string message) =>
        doors.FirstOrDefault(door => door.EndPoints.Any(endpoint => Names(message, $"//{endpoint}")));

    internal static string Describe(Door? door, SocketError error, string message)
    {
        if (door is null)
            return $"An address under {EndpointOptions.Section} cannot be opened ({message.TrimEnd('.')}): set the key that names it to another one.";
        var address = door.UrlAt(door.Port, "*");
        return error switch
        {
            SocketError.AddressAlreadyInUse =>
                $"Port {door.Port} of {door.Key} is in use by another program: stop that one, or set {door.Key} to another port.",
            SocketError.AccessDenied when door.Port is > 0 and < FirstFreePort =>
                $"{door.Key} names {address}, and this process may not open ports below {FirstFreePort}: start it with that right (as root, or with "
                + $"cap_net_bind_service), or set {door.Key} to another port.",
            SocketError.AccessDenied => $"{door.Key} names {address}, which this process may not open: give it that right, or set {door.Key} to another port.",
            SocketError.AddressNotAvailable =>
                $"{door.Key} names {address}, which is no address of this machine: set {door.Key} to one that is, or to {door.Scheme}://*:{door.Port} for all.",
            SocketError.AddressFamilyNotSupported =>
                $"{door.Key} names {address}, but this machine has no {(door.Address?.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4")}: "
                + $"set {door.Key} to an address of the other kind.",
            _ => $"{door.Key} names {address}, which cannot be opened ({message.TrimEnd('.')}): set {door.Key} to another address.",
        };
    }

    /// <summary>The whole endpoint: port 80 is not the beginning of 8080.</summary>
    private static bool Names(string message, string endpoint)
    {
        var at = message.IndexOf(endpoint, StringComparison.Ordinal);
        return at >= 0 && (at + endpoint.Length == message.Length || !char.IsAsciiDigit(message[at + endpoint.Length]));
    }

    /// <summary>The system's refusal does not say what it refused, so each door is tried again; the server has closed them all by now.</summary>
    private static Door? FindRefused(IEnumerable<Door> doors, SocketError error) =>
        doors.FirstOrDefault(door => door.EndPoints.Any(endpoint => TryBind(endpoint) == error));

    private static SocketError TryBind(IPEndPoint endpoint)
    {
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
            return SocketError.Success;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    }
}
