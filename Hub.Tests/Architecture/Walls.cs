namespace Hub.Tests.Architecture;

/// <summary>Who may know whom: the table of docs/architecture.md as data.</summary>
internal static class Walls
{
    /// <summary>The composition root, which knows all.</summary>
    public const string Root = "HubApplication";

    private static readonly string[] Ports = ["Messaging", "Messaging.Sessions", "Messaging.DeviceToCloud", "Messaging.CloudToDevice", "Registry", "Security"];

    private static readonly string[] Engine = ["Messaging", "Messaging.Sessions", "Registry"];

    /// <summary>
    /// At the root and for every room: the ids of log events, the way in which options are held to their annotations, the bound on what
    /// strangers can make a room log, how a peer's address is written and how its words are.
    /// </summary>
    private static readonly string[] ForEveryRoom = ["Hub.Server.EventIds", "Hub.Server.SettingsRegistration", "Hub.Server.LogLimit", "Hub.Server.PeerAddress", "Hub.Server.ForeignText"];

    /// <summary>The rooms that each room may use, besides itself.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> MayUse = new Dictionary<string, string[]>
    {
        ["Registry"] = [],
        ["Messaging"] = ["Registry", "Messaging.Sessions", "Messaging.DeviceToCloud", "Messaging.CloudToDevice"],
        ["Messaging.Sessions"] = Engine,
        ["Messaging.DeviceToCloud"] = Engine,
        ["Messaging.CloudToDevice"] = Engine,
        ["Security"] = ["Registry"],
        ["Storage"] = [.. Ports, "Operations"],
        ["Protocols.Mqtt"] = Ports,
        ["Protocols.Http"] = Ports,
        ["Protocols.Amqp"] = Ports,
        ["Protocols.WebSockets"] = Ports,
        ["Streaming"] = ["Messaging", "Messaging.Sessions", "Messaging.DeviceToCloud", "Messaging.CloudToDevice", "Security"],
        ["Api"] = [.. Ports, "Operations"],
        ["Operations"] = Ports,
    };

    /// <summary>Third-party types by the beginning of their names, longest first where one begins another, and the rooms that may use them.</summary>
    public static readonly (string Prefix, string[] Rooms)[] Fences =
    [
        ("Microsoft.AspNetCore.Identity.EntityFrameworkCore.", ["Storage"]),
        ("Microsoft.AspNetCore.Identity.", ["Security", "Storage"]),
        ("Microsoft.EntityFrameworkCore.", ["Storage"]),
        ("Microsoft.Data.Sqlite.", ["Storage"]),
        ("SQLitePCL.", ["Storage"]),
        ("MQTTnet.", ["Protocols.Mqtt"]),
        ("Amqp.", ["Protocols.Amqp"]),
        ("MessagePack.", ["Streaming"]),
        ("Microsoft.AspNetCore.SignalR.", ["Streaming"]),
        ("OpenTelemetry.", ["Operations"]),
        ("Scalar.", ["Api"]),
        ("Microsoft.AspNetCore.Authorization.", ["Security", "Streaming", "Api", "Operations", "Protocols.Http", "Protocols.WebSockets"]),
        ("Microsoft.AspNetCore.Connections.", ["Protocols.Mqtt", "Protocols.Amqp", "Protocols.WebSockets"]),
        ("Microsoft.AspNetCore.Http.Features.", ["Security", "Streaming", "Api", "Operations", "Protocols.Mqtt", "Protocols.Amqp", "Protocols.Http", "Protocols.WebSockets"]),
        ("Microsoft.AspNetCore.", ["Security", "Streaming", "Api", "Operations", "Protocols.Http", "Protocols.WebSockets"]),
    ];

    /// <summary>The room of a type of the server, by its full name; null for one that is not the server's.</summary>
    public static string? RoomOf(string fullName)
    {
        const string server = "Hub.Server.";
        if (!fullName.StartsWith(server, StringComparison.Ordinal))
            return null;
        var parts = fullName[server.Length..].Split('/', '+')[0].Split('.');
        if (parts.Length == 1)
            return Root;
        var twoLevels = parts[0] is "Protocols" or "Messaging" && parts.Length > 2;
        return twoLevels ? $"{parts[0]}.{parts[1]}" : parts[0];
    }

    /// <summary>Whether a type of the one room may depend on a type of that name.</summary>
    public static bool Allows(string fromRoom, string toFullName)
    {
        if (fromRoom == Root)
            return true;
        if (RoomOf(toFullName) is { } toRoom)
        {
            return toRoom == fromRoom || ForEveryRoom.Contains(toFullName) || (MayUse.TryGetValue(fromRoom, out var rooms) && rooms.Contains(toRoom));
        }

        var fence = Fences.FirstOrDefault(fence => toFullName.StartsWith(fence.Prefix, StringComparison.Ordinal));
        return fence.Prefix is null || fence.Rooms.Contains(fromRoom);
    }
}
