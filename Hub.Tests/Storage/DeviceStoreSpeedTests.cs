using System.Diagnostics;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Storage.Sqlite;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>
/// Prints how long the store takes with 100,000 devices, and fails when a page takes 50 ms or more. Explicit, since the figures mean
/// something only on a machine that does nothing else.
/// </summary>
[Trait("Category", "Speed")]
public sealed class DeviceStoreSpeedTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Count = 100_000;

    private ControlStoreFixture _fixture = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IDeviceStore Store => _fixture.Get<IDeviceStore>();

    public async ValueTask InitializeAsync()
    {
        _fixture = await ControlStoreFixture.CreateAsync();
        var clock = Stopwatch.StartNew();
        foreach (var chunk in Enumerable.Range(0, Count).Chunk(1000))
        {
            await Task.WhenAll(chunk.Select(i => Store.TryAddAsync(
                Devices.New($"device-{i * 7919L % Count:D6}", ("site", $"hall-{i % 10}"), ("model", "TX-400")) with
                {
                    CreatedTime = Devices.Epoch.AddSeconds(i),
                    Status = i % 100 == 0 ? DeviceStatus.Disabled : DeviceStatus.Enabled,
                    Presence = i % 3 == 0 ? DevicePresence.Never : new DevicePresence
                    {
                        ConnectionState = i % 10 == 1 ? ConnectionState.Connected : ConnectionState.Disconnected,
                        LastActivityTime = Devices.Epoch.AddSeconds(i * 31L % Count),
                    },
                },
                Token).AsTask()));
        }

        output.WriteLine($"add {Count:N0} devices: {clock.Elapsed.TotalSeconds:F1} s");
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact(Explicit = true)]
    public async Task Store_HundredThousandDevices_StaysQuick()
    {
        List<string> slow = [];
        foreach (var sort in Enum.GetValues<DeviceSort>())
        {
            foreach (var query in (DeviceQuery[])[
                new(), new() { Q = "device" }, new() { Q = "99999" }, new() { Q = "nowhere" }, new() { Q = "HALL-3", Connected = true }, new() { Q = "device", Connected = true }, new() { Q = "device", Connected = false },
                new() { Connected = true }, new() { Connected = false, Status = DeviceStatus.Disabled }, new() { Tag = "site", Connected = true }, new() { Tag = "site=hall-3" },
                new() { Tag = "none" }, new() { Status = DeviceStatus.Disabled }, new() { Connected = true, Status = DeviceStatus.Disabled, Desc = true }])
            {
                var asked = query with { Sort = sort };
                var first = await Store.ListAsync(asked, Token);
                var milliseconds = new List<double>();
                for (var i = 0; i < 5; i++)
                {
                    // The processor's time, for other programs may be running.
                    var before = Environment.CpuUsage.TotalTime;
                    await Store.ListAsync(asked with { Cursor = i % 2 == 0 ? null : first.NextCursor }, Token);
                    milliseconds.Add((Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
                }

                var median = milliseconds.Order().ElementAt(2);
                var line = $"{sort,-12} q={asked.Q} tag={asked.Tag} status={asked.Status} connected={asked.Connected}: {first.TotalCount:N0} in all, page {median:F1} ms";
                output.WriteLine(line);
                if (median >= 50)
                    slow.Add(line);
            }
        }

        await MeasureAsync("find 10,000", async () =>
        {
            for (var i = 0; i < 10_000; i++)
                Assert.NotNull(await Store.FindAsync(DeviceId.Parse($"device-{i * 9:D6}"), Token));
        });
        await MeasureAsync("presence of 500", async () => await Store.UpdatePresenceAsync(
            [.. Enumerable.Range(20_000, 500).Select(i => new PresenceUpdate(
                DeviceId.Parse($"device-{i:D6}"), "1", new DevicePresence { ConnectionState = ConnectionState.Connected, LastActivityTime = Devices.Epoch.AddDays(9) }))],
            Token));
        await MeasureAsync("presence of 10,000", async () => await Store.UpdatePresenceAsync(
            [.. Enumerable.Range(0, 10_000).Select(i => new PresenceUpdate(
                DeviceId.Parse($"device-{i:D6}"), "1", new DevicePresence { ConnectionState = ConnectionState.Connected, LastActivityTime = Devices.Epoch.AddDays(9) }))],
            Token));
        await MeasureAsync("history of 10,000", async () => await _fixture.Get<IConnectionHistoryStore>().AppendAsync(
            [.. Enumerable.Range(0, 10_000).Select(i => new ConnectionHistoryLine(
                new ConnectionHistoryEntry
                {
                    DeviceId = DeviceId.Parse($"device-{i:D6}"), Time = Devices.Epoch.AddDays(9), Event = ConnectionEvent.Connected, ConnectionId = "c", Protocol = "MQTT 5",
                },
                "1"))],
            Token));
        await MeasureAuthenticationAsync();
        await MeasureAsync("count", async () => Assert.Equal(Count, (await Store.CountAsync(Token)).Total));
        Assert.Empty(slow);
    }

    /// <summary>What a reconnecting device costs before its protocol answers: token, registry, keys.</summary>
    private async Task MeasureAuthenticationAsync()
    {
        using var folder = new TempFolder();
        var hub = Microsoft.Extensions.Options.Options.Create(new HubOptions { HostName = "hub", DataDirectory = folder.Path });
        var store = new SqliteDeviceStore(
            _fixture.Get<ControlReaders>(), _fixture.Get<ControlWriter>(), _fixture.Get<CursorSeal>(), new KeyProtector(new KeyFile(hub)),
            _fixture.Get<SqliteDeviceBoundStore>(), TimeProvider.System);
        var registry = new DeviceRegistry(store, TimeProvider.System);
        List<(DeviceId Id, string Token)> tokens = [];
        for (var i = 0; i < 1000; i++)
        {
            var made = (RegistryResult.Done)await registry.CreateAsync(DeviceId.Parse($"auth-{i}"), new DeviceChange(), Token);
            var key = ((DeviceCredentials.SymmetricKeys)made.Device.Credentials).Primary.ToBase64();
            tokens.Add((made.Device.Id, SharedAccessSignature.Create($"hub/devices/{made.Device.Id}", key, TimeProvider.System.GetUtcNow().AddHours(1))));
        }

        var authenticator = new DeviceAuthenticator(
            registry, new SharedAccessPolicies(new InMemoryPolicyStore()), new DeviceAttempts(TimeProvider.System), hub, TimeProvider.System);
        for (var round = 0; round < 3; round++)
        {
            await MeasureAsync("authenticate 10,000", async () =>
            {
                for (var i = 0; i < 10_000; i++)
                {
                    var (id, token) = tokens[i % tokens.Count];
                    Assert.IsType<DeviceAuthentication.Accepted>(
                        await authenticator.AuthenticateAsync(new DeviceAuthenticationRequest(id, "hub", token, null, "192.0.2.1"), Token));
                }
            });
        }

        foreach (var (id, _) in tokens)
            await registry.DeleteAsync(id, null, Token);
    }

    private async Task MeasureAsync(string what, Func<Task> work)
    {
        var (clock, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        await work();
        output.WriteLine($"{what}: {clock.Elapsed.TotalMilliseconds:F1} ms, of the processor {(Environment.CpuUsage.TotalTime - before).TotalMilliseconds:F1} ms");
    }
}
