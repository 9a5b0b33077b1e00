using Hub.Shared.Devices;
using Hub.Shared.Operations;

namespace Hub.Portal.Devices;

/// <summary>Commands and code that connect a device, with the hub's real names. The secret is filled in when it is asked for.</summary>
internal static class DeviceSnippets
{
    /// <summary>Stands where the token or key will be.</summary>
    public const string Placeholder = "…";

    private const string ApiVersion = "2021-04-12";
    private const string Body = """{"temperature":21.5}""";

    /// <summary>A line for a shell, over TLS where the hub has such a door; null when no MQTT door is open.</summary>
    public static string? Mosquitto(HubInfo hub, DeviceDetails device, string? token) =>
        Mosquitto(hub, device.DeviceId.Value, device.AuthenticationType, token);

    /// <summary>The same for a device of which only the id is known.</summary>
    public static string? Mosquitto(HubInfo hub, string id, AuthenticationType authentication, string? token)
    {
        var door = Door(hub, "mqtts") ?? (authentication == AuthenticationType.Sas ? Door(hub, "mqtt") : null);
        if (door is null)
            return null;
        var credential = authentication == AuthenticationType.Sas
            ? $"-P {Quote(token ?? $"SharedAccessSignature {Placeholder}")}"
            : "--cert device.pem --key device.key";
        var trust = door.Protocol == "mqtts" ? $" \\\n  {Trust(hub, "--cafile", "--capath /etc/ssl/certs")}" : string.Empty;
        return $"""
            mosquitto_pub -V mqttv311 -q 1 -h {Host(hub, door)} -p {door.Port}{trust} \
              -i {Quote(id)} -u {Quote($"{hub.HostName}/{id}/?api-version={ApiVersion}")} \
              {credential} \
              -t {Quote($"devices/{id}/messages/events/$.ct=application%2Fjson&$.ce=utf-8")} \
              -m {Quote(Body)}
            """;
    }

    /// <summary>A line for a shell; null when no HTTP door is open.</summary>
    public static string? Curl(HubInfo hub, DeviceDetails device, string? token)
    {
        var door = Door(hub, "https") ?? (device.AuthenticationType == AuthenticationType.Sas ? Door(hub, "http") : null);
        if (door is null)
            return null;
        var credential = device.AuthenticationType == AuthenticationType.Sas
            ? $"-H {Quote($"Authorization: {token ?? $"SharedAccessSignature {Placeholder}"}")}"
            : "--cert device.pem --key device.key";
        var trust = door.Protocol == "https" && hub.CertificateAuthorityPath is not null ? $" {Trust(hub, "--cacert", string.Empty)}" : string.Empty;
        var address = $"{door.Protocol}://{UrlHost(hub, door)}:{door.Port}/devices/{Uri.EscapeDataString(device.DeviceId.Value)}/messages/events?api-version={ApiVersion}";
        return $"""
            curl -i{trust} -X POST {Quote(address)} \
              {credential} \
              -H 'iothub-contenttype: application/json' -H 'iothub-contentencoding: utf-8' \
              -d {Quote(Body)}
            """;
    }

    /// <summary>A program for Node.js; null when no MQTT door over TLS is open, since the SDK dials no other.</summary>
    public static string? Node(HubInfo hub, DeviceDetails device, string? connectionString)
    {
        if (Door(hub, "mqtts") is null)
            return null;
        var sas = device.AuthenticationType == AuthenticationType.Sas;
        var text = sas
            ? connectionString ?? $"HostName={hub.HostName};DeviceId={device.DeviceId.Value};SharedAccessKey={Placeholder}"
            : $"HostName={hub.HostName};DeviceId={device.DeviceId.Value};x509=true";
        var options = new List<string>();
        if (hub.CertificateAuthorityPath is { } path)
            options.Add($"ca: readFileSync({Literal(path)}, 'utf8')");
        if (!sas)
            options.AddRange(["cert: readFileSync('device.pem', 'utf8')", "key: readFileSync('device.key', 'utf8')"]);
        var set = options.Count == 0 ? string.Empty : $"await client.setOptions({{ {string.Join(", ", options)} }});\n";
        return $$"""
            // npm install azure-iot-device azure-iot-device-mqtt && node send.mjs
            import { readFileSync } from 'node:fs';
            import device from 'azure-iot-device';
            import mqtt from 'azure-iot-device-mqtt';

            const client = device.Client.fromConnectionString(
              {{Literal(text)}}, mqtt.Mqtt);
            {{set}}await client.open();
            const message = new device.Message(JSON.stringify({ temperature: 21.5 }));
            message.contentType = 'application/json';
            message.contentEncoding = 'utf-8';
            await client.sendEvent(message);
            await client.close();
            """;
    }

    private static DoorInfo? Door(HubInfo hub, string protocol) => hub.Doors.FirstOrDefault(door => door.Protocol == protocol);

    // A plain door is bound to the loopback, where the hub's public name may not lead; a certificate holds for that name.
    private static string Host(HubInfo hub, DoorInfo door)
    {
        var host = door.Protocol is "mqtt" or "http" && door.Address is not ("*" or "0.0.0.0" or "::" or "[::]") ? door.Address : hub.HostName;
        return host.StartsWith('[') ? host.Trim('[', ']') : host;
    }

    // In a URL an IPv6 address stands in brackets, lest its colons be taken for the port's; as a program's argument it stands without.
    private static string UrlHost(HubInfo hub, DoorInfo door) => Host(hub, door) is var host && host.Contains(':') ? $"[{host}]" : host;

    private static string Trust(HubInfo hub, string option, string otherwise) =>
        hub.CertificateAuthorityPath is { } path ? $"{option} {Quote(path)}" : otherwise;

    // Single quotes take everything but themselves, in every POSIX shell.
    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string Literal(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
