using System.Net;
using System.Text;
using System.Text.Json;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Security;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Cli;

/// <summary>The commands against a whole hub, over its own sockets.</summary>
public sealed partial class HubCommandTests : IAsyncLifetime
{
    private HubFixture? _hub;

    private HubFixture Hub => _hub!;

    private string[] Access => ["--connection-string", ConnectionString(), "--api", $"http://127.0.0.1:{Hub.Port("http")}"];

    public async ValueTask InitializeAsync() => _hub = await HubFixture.StartAsync();

    public ValueTask DisposeAsync() => Hub.DisposeAsync();

    [Fact]
    public async Task Devices_CreateListDelete_DoWhatTheySay()
    {
        Assert.Equal((0, "Created pump-7.\n", ""), await CommandLine.RunAsync(["devices", "create", "pump-7", "--tag", "site=north", .. Access]));
        var (_, connectionString, _) = await CommandLine.RunAsync(["devices", "create", "fan-1", "--show-connection-string", .. Access]);
        Assert.StartsWith("HostName=localhost;DeviceId=fan-1;SharedAccessKey=", connectionString, StringComparison.Ordinal);

        var (code, list, _) = await CommandLine.RunAsync(["devices", "list", .. Access]);
        Assert.Equal(0, code);
        Assert.Equal(
            ["Device Status Connection Last activity Tags", "fan-1 enabled disconnected never", "pump-7 enabled disconnected never site=north"],
            list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        // Nothing folds, pads or colours what another program reads.
        Assert.DoesNotContain('\u001b', list);
        Assert.DoesNotContain(" \n", list, StringComparison.Ordinal);

        var (_, json, _) = await CommandLine.RunAsync(["devices", "list", "--contains", "north", "--output", "json", .. Access]);
        var device = Assert.Single(JsonDocument.Parse(json).RootElement.EnumerateArray());
        Assert.Equal("pump-7", device.GetProperty("deviceId").GetString());

        Assert.Equal((0, "Deleted fan-1.\n", ""), await CommandLine.RunAsync(["devices", "delete", "fan-1", .. Access]));
        var (_, rest, _) = await CommandLine.RunAsync(["devices", "list", "--output", "jsonl", .. Access]);
        Assert.Single(rest.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Devices_CannotBe_SaysWhyAndExitsWithOne()
    {
        await Hub.AddDeviceAsync("there");

        Assert.Equal((1, "", "The device there exists already.\n"), await CommandLine.RunAsync(["devices", "create", "there", .. Access]));
        Assert.Equal((1, "", "There is no device gone.\n"), await CommandLine.RunAsync(["devices", "delete", "gone", .. Access]));
        Assert.Equal((0, "", "No device's id or tags contain 'zzz'.\n"), await CommandLine.RunAsync(["devices", "list", "--contains", "zzz", .. Access]));
        await AssertFailsAsync("No hub answers at http://127.0.0.1:1", "devices", "list", "-c", ConnectionString(), "--api", "http://127.0.0.1:1");
        var stranger = new ServiceConnectionString("localhost", "iothubowner", Convert.ToBase64String(new byte[32])).ToText();
        foreach (var command in (string[][])[["devices", "list"], ["monitor"], ["simulate", "--devices", "1"]])
            await AssertFailsAsync("does not accept the connection string", [.. command, "-c", stranger, .. Access[2..]]);
        await AssertFailsAsync("There is no partition 4; the partitions are 0 to 3.", ["monitor", "--partition", "4", .. Access]);
        await AssertFailsAsync("No hub answers at mqtt://127.0.0.1:1", ["simulate", "--devices", "2", "--url", "mqtt://127.0.0.1:1", .. Access]);
    }

    [Fact]
    public async Task Authority_Named_IsTrustedOverHttpsAndMqtts()
    {
        string[] tls = ["-c", ConnectionString(), "--api", $"https://localhost:{Hub.Port("https")}"];
        string[] url = ["--url", $"mqtts://localhost:{Hub.Port("mqtts")}"];
        string[] simulate = ["simulate", "--devices", "2", "--rate", "20", "--duration", "3s", .. url];
        string[] load = ["load", "--connections", "2", "--warm-up", "0s", "--duration", "200ms", .. url];

        foreach (var command in (string[][])[["devices", "list"], ["monitor"], simulate, load])
            await AssertFailsAsync("say --ca FILE", [.. command, .. tls]);
        // The API in the clear, the devices over TLS: the other client says so too.
        await AssertFailsAsync("say --ca FILE", [.. simulate, .. Access]);
        await AssertFailsAsync("say --ca FILE", [.. load, .. Access]);

        string[] trusting = [.. tls, "--ca", Hub.CaPath];
        await using var monitor = CommandLine.Start(["monitor", "--limit", "3", .. trusting]);
        var (sent, output, errors) = await CommandLine.RunAsync([.. simulate, .. trusting]);
        Assert.True(sent == 0, output + errors);
        Assert.NotEmpty(await Hub.StoredAsync("simulated-00001"));
        // However late the tail began, these come after.
        await Eventually.TrueAsync(async () =>
        {
            Assert.Equal(0, (await CommandLine.RunAsync([.. simulate[..^4], "--duration", "1s", .. url, .. trusting])).Code);
            return monitor.Lines.Length == 3;
        });
        Assert.Equal(0, await monitor.EndAsync());
        Assert.Equal(0, (await CommandLine.RunAsync([.. load, .. trusting])).Code);
        Assert.Equal(0, (await CommandLine.RunAsync(["devices", "list", .. trusting])).Code);
    }

    [Fact]
    public async Task Simulate_Fleet_SendsFromEachOfItsDevicesAndCleansUp()
    {
        await using var fleet = CommandLine.Start(["simulate", "--devices", "4", "--rate", "40", "--prefix", "sim-", "--cleanup", .. Mqtt, .. Access]);

        for (var i = 0; i < 4; i++)
        {
            var id = $"sim-0000{i}";
            await Eventually.TrueAsync(async () => (await Hub.StoredAsync(id)).Count > 1);
        }

        Assert.Equal(4, Hub.Get<SessionTable>().Links.Count());
        Assert.Equal(0, await fleet.StopAsync());

        Assert.Contains("The 4 devices are deleted.", fleet.Output, StringComparison.Ordinal);
        var sum = fleet.Lines.Single(line => line.EndsWith(" 0 failed", StringComparison.Ordinal) && !line.Contains("connected", StringComparison.Ordinal));
        var numbers = sum.Split(' ').Where(word => char.IsDigit(word[0])).Select(int.Parse).ToArray();
        Assert.Equal(numbers[0], numbers[1]);
        var stored = 0;
        for (var i = 0; i < 4; i++)
        {
            var messages = await Hub.StoredAsync($"sim-0000{i}");
            stored += messages.Count;
            Assert.All(messages, message => Assert.True(
                JsonDocument.Parse(Encoding.UTF8.GetString(message.Message.Body.Span)).RootElement.TryGetProperty("temperature", out _)));
        }

        Assert.Equal(numbers[0], stored);
        Assert.Equal((0, "", "No device is registered yet: hub devices create ID makes one.\n"), await CommandLine.RunAsync(["devices", "list", .. Access]));
    }

    [Fact]
    public async Task Simulate_DeviceIsDisabled_SaysSoAndComesBack()
    {
        await using var fleet = CommandLine.Start(["simulate", "--devices", "2", "--rate", "40", .. Mqtt, .. Access]);
        await Eventually.TrueAsync(() => Hub.Get<SessionTable>().Links.Count() == 2);

        await Hub.ChangeDeviceAsync("simulated-00001", new DeviceChange { Status = DeviceStatus.Disabled });
        await Eventually.TrueAsync(() => fleet.Error.Contains("-- simulated-00001: ", StringComparison.Ordinal));
        await Hub.ChangeDeviceAsync("simulated-00001", new DeviceChange { Status = DeviceStatus.Enabled });

        await Eventually.TrueAsync(() => fleet.Error.Contains("-- all 2 devices are connected", StringComparison.Ordinal));
        Assert.Equal(0, await fleet.StopAsync());
    }

    [Fact]
    public async Task Load_MessagesTooLarge_ShowsTheHubsReason()
    {
        await Hub.RestartAsync("--Hub:Messaging:DeviceToCloud:MaxMessageSize=1024");

        var (code, output, _) = await CommandLine.RunAsync(
            ["load", "--connections", "2", "--size", "2000", "--warm-up", "0s", "--duration", "500ms", "--output", "json", .. Mqtt, .. Access]);

        Assert.Equal(1, code);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal(2, report.GetProperty("connectionsLost").GetInt32());
        Assert.Contains("at most 1024 are allowed", report.GetProperty("lostReason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_OfThePolicy_OpensTheApi()
    {
        var before = TimeProvider.System.GetUtcNow();

        var (code, output, error) = await CommandLine.RunAsync(["token", "--expires", "30d", .. Access]);

        Assert.Equal((0, ""), (code, error));
        var token = SharedAccessSignature.TryParse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)))!;
        Assert.Equal((HubFixture.HostName, SharedAccessPolicies.Owner), (token.Resource, token.PolicyName));
        Assert.InRange(token.ExpiresAt, before.AddDays(30).AddSeconds(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("/api/v1/devices", output.Trim()));
    }

    [Fact]
    public async Task Token_OfADevice_LetsThatDeviceSend()
    {
        await Hub.AddDeviceAsync("pump-7");

        var (code, output, error) = await CommandLine.RunAsync(["token", "--device", "pump-7", .. Access]);

        Assert.Equal((0, ""), (code, error));
        var token = SharedAccessSignature.TryParse(output.TrimEnd('\n'))!;
        Assert.Equal(($"{HubFixture.HostName}/devices/pump-7", null), (token.Resource, token.PolicyName));
        using var client = Hub.Client(policy: null);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/devices/pump-7/messages/events?api-version=2020-03-13") { Content = new StringContent("{}") };
        request.Headers.TryAddWithoutValidation("Authorization", output.Trim());
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Single(await Hub.StoredAsync("pump-7"));
    }

    [Fact]
    public async Task Token_CannotBe_SaysWhy()
    {
        await Hub.AddDeviceAsync("pump-7");
        await AssertFailsAsync("There is no device gone.", ["token", "--device", "gone", .. Access]);
        string[] service = ["-c", ConnectionString("service"), .. Access[2..]];
        await AssertFailsAsync("right", ["token", "--device", "pump-7", .. service]);
        Assert.Equal(2, (await CommandLine.RunAsync(["token", "--expires", "10s", .. Access])).Code);
        Assert.Equal(2, (await CommandLine.RunAsync(["token", "--expires", "366d", .. Access])).Code);
        Assert.Equal(2, (await CommandLine.RunAsync(["token", "--device", "a/b", .. Access])).Code);
    }

    private string[] Mqtt => ["--url", $"mqtt://127.0.0.1:{Hub.Port("mqtt")}"];

    private static async Task AssertFailsAsync(string sentence, params string[] args)
    {
        var (code, output, error) = await CommandLine.RunAsync(args);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private string ConnectionString(string policy = SharedAccessPolicies.Owner) => new ServiceConnectionString(
        HubFixture.HostName, policy, Hub.Get<SharedAccessPolicies>().Find(policy)!.PrimaryKey.ToBase64()).ToText();

    private async Task<HttpStatusCode> AskAsync(string path, string token)
    {
        using var client = Hub.Client(policy: null);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Authorization", token);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
