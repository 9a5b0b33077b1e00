using Hub.Server.Operations;
using Hub.Server.Registry;
using Hub.Server.Security.Operators;
using Hub.Server.Security.Tls;
using Hub.Server.Storage;
using Microsoft.Extensions.Options;

namespace Hub.Server;

/// <summary>What whoever started the hub needs next: where the doors are, and how to sign in.</summary>
internal static class Announcement
{
    private const int AzureHttpsPort = 443;

    /// <summary>Writes it for a hub whose doors are open.</summary>
    public static void Write(WebApplication app, TextWriter writer)
    {
        var services = app.Services;
        var hub = services.GetRequiredService<IOptions<HubOptions>>().Value;
        var keeper = services.GetRequiredService<DoorKeeper>();
        var doors = keeper.Opened.Select(opened => (opened.Door.Scheme, Address: opened.Door.UrlAt(opened.Address.Port, hub.HostName))).ToArray();

        writer.WriteLine($"Hub {HubVersion.Text} is running.");
        writer.WriteLine();
        WriteRow(writer, "Portal", doors.Where(door => door.Scheme is "http" or "https").Select(door => $"{door.Address}/portal/"));
        WriteRow(writer, "MQTT", doors.Where(door => door.Scheme is "mqtt" or "mqtts").Select(door => door.Address));
        WriteRow(writer, "Data", [services.GetRequiredService<DataDirectory>().Path]);
        if (keeper.Opened.Any(opened => opened.Door.IsTls) && services.GetRequiredService<ServerCertificate>().AuthorityPath is { } authority)
            WriteRow(writer, "Trust", [$"{authority} (give it to clients that use TLS)"]);
        WriteSignIn(writer, services.GetRequiredService<SetUpLink>(), [.. doors.Where(door => door.Scheme is "http" or "https").Select(door => door.Address)]);
        if (keeper.Opened.All(opened => opened.Address.Port != AzureHttpsPort))
        {
            writer.WriteLine();
            writer.WriteLine("Clients of Azure IoT dial port 443 for HTTPS and WebSocket, which is not open. To open it, where the process may bind it:");
            writer.WriteLine("  Hub__Endpoints__Https='https://*:8443;https://*:443'");
        }

        writer.WriteLine();
    }

    /// <summary>Writes the one-time link for every door that leads to the portal, since only the reader knows which of them can be reached.</summary>
    internal static void WriteSignIn(TextWriter writer, SetUpLink link, IReadOnlyList<string> addresses)
    {
        if (link.TokenToPrint is not { } token)
            return;
        writer.WriteLine();
        if (addresses.Count == 0)
        {
            writer.WriteLine("No operator exists yet, and no door leads to the portal: set Hub:Portal:AdminPassword, or open Hub:Endpoints:Https.");
        }
        else
        {
            writer.WriteLine(addresses.Count == 1
                ? "No operator exists yet. Make the first with this link; it works once, until the hub stops:"
                : "No operator exists yet. Make the first with one of these links; they work once, until the hub stops:");
            foreach (var address in addresses)
                writer.WriteLine($"  {address}/portal/set-up?token={token}");
        }

        link.ForgetToken();
    }

    private static void WriteRow(TextWriter writer, string name, IEnumerable<string> values) => writer.WriteLine($"  {name,-8}{string.Join("   ", values)}");
}
