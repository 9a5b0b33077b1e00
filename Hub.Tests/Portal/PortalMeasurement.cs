using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Hub.Cli.Load;
using Hub.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace Hub.Tests.Portal;

/// <summary>
/// Measures the portal in Chromium, and prints; it asserts no times. Publish the hub and name the result:
/// <c>HUB_SERVER=/tmp/hub/Hub.Server.dll Hub.Tests -class Hub.Tests.Portal.PortalMeasurement -explicit only -showliveoutput</c>.
/// </summary>
public sealed class PortalMeasurement
{
    private const string Password = "correct horse battery";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>From an empty cache to the sign-in form, then a reload to the overview; bytes are those on the wire.</summary>
    [Fact(Explicit = true)]
    public async Task FirstLoadAndReload()
    {
        using var folder = new TestFolder();
        await using var hub = await StartHubAsync(folder);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await PortalBrowser.LaunchAsync(playwright);
        for (var run = 1; run <= 10; run++)
        {
            await using var context = await browser.NewContextAsync();
            var page = await context.NewPageAsync();
            var bytes = 0.0;
            var network = await context.NewCDPSessionAsync(page);
            await network.SendAsync("Network.enable");
            network.Event("Network.loadingFinished").OnEvent += (_, loaded) => bytes += loaded!.Value.GetProperty("encodedDataLength").GetDouble();
            var first = await MeasureAsync(async () =>
            {
                await page.GotoAsync($"{hub.Address}portal/");
                await page.Locator("#user-name:focus").WaitForAsync();
            });
            var firstBytes = bytes;
            await SignInAsync(page);
            bytes = 0;
            var reload = await MeasureAsync(async () =>
            {
                await page.ReloadAsync();
                await page.Locator("[data-testid=connected]").WaitForAsync();
            });
            Print($"run {run}: first load {first}, {firstBytes / 1e6:0.00} MB; reload {reload}, {bytes / 1e6:0.00} MB");
        }
    }

    /// <summary>How long it took, and how much of the machine's time its host gave to others meanwhile.</summary>
    private static async Task<string> MeasureAsync(Func<Task> action)
    {
        var before = MachineSample.TryTake();
        var watch = Stopwatch.StartNew();
        await action();
        var (took, after) = (watch.Elapsed, MachineSample.TryTake());
        var stolen = before is null ? null : after?.StolenPercentSince(before);
        return string.Create(CultureInfo.InvariantCulture, $"{took.TotalSeconds:0.00} s") + (stolen is null ? "" : string.Create(CultureInfo.InvariantCulture, $" ({stolen:0.0}% stolen)"));
    }

    /// <summary>
    /// The live page while 5,000 messages a second come, for a minute or as many seconds as <c>HUB_MEASURE_SECONDS</c> says: the longest task
    /// that the browser's main thread was busy with, and its memory as time goes on.
    /// </summary>
    [Fact(Explicit = true)]
    public async Task LiveUnderLoad()
    {
        var seconds = int.Parse(Environment.GetEnvironmentVariable("HUB_MEASURE_SECONDS") ?? "60", CultureInfo.InvariantCulture);
        using var folder = new TestFolder();
        await using var hub = await StartHubAsync(folder);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await PortalBrowser.LaunchAsync(playwright);
        var page = await browser.NewPageAsync();
        await page.GotoAsync($"{hub.Address}portal/");
        await SignInAsync(page);
        await page.GotoAsync($"{hub.Address}portal/live");
        await page.Locator("[data-testid=live-status]:has-text('Live')").WaitForAsync();
        using var load = await StartLoadAsync(folder, hub, seconds + 20);
        await page.Locator("[data-testid=row]").First.WaitForAsync();
        await page.EvaluateAsync(
            "() => { globalThis.tasks = []; new PerformanceObserver(l => tasks.push(...l.getEntries().map(e => e.duration))).observe({ type: 'longtask' }); }");

        var chromium = await page.Context.NewCDPSessionAsync(page);
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(seconds))
        {
            await Task.Delay(TimeSpan.FromSeconds(Math.Max(10, seconds / 10)), Token);
            await chromium.SendAsync("HeapProfiler.collectGarbage");
            var seen = await page.EvaluateAsync<JsonElement>(
                """
                () => ({ longest: Math.max(0, ...tasks), over50: tasks.length, over200: tasks.filter(t => t > 200).length,
                  heap: performance.memory.usedJSHeapSize / 1e6, wasm: getDotnetRuntime(0).localHeapViewU8().length / 1e6 })
                """);
            var meter = await page.Locator("[data-testid=meter]").InnerTextAsync();
            var (longest, over50, over200) = (Number(seen, "longest"), Number(seen, "over50"), Number(seen, "over200"));
            Print($"{watch.Elapsed.TotalSeconds:0} s: longest task {longest:0} ms, {over50} over 50 ms, {over200} over 200 ms");
            Print($"    script {Number(seen, "heap"):0.0} MB, .NET {Number(seen, "wasm"):0.0} MB; {meter.ReplaceLineEndings(" ")}");
        }

        load.Kill();
    }

    private static Task<HubProcess> StartHubAsync(TestFolder folder) =>
        HubProcess.StartAsync(folder.Path, null, $"--Hub:Portal:AdminPassword={Password}");

    private static async Task SignInAsync(IPage page)
    {
        await page.FillAsync("#user-name", "admin");
        await page.FillAsync("#password", Password);
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("[data-testid=sign-out]").WaitForAsync();
    }

    /// <summary>In a process of its own, so that the browser's driver does not feel it.</summary>
    private static async Task<Process> StartLoadAsync(TestFolder folder, HubProcess hub, int seconds)
    {
        var output = AppContext.BaseDirectory;
        string[] arguments =
        [
            Path.Combine(output, "hub.dll"), "load", "--connection-string", await HubOwner.AskAsync(folder.Path), "--api", hub.Address.ToString(),
            "--url", $"mqtt://127.0.0.1:{hub.MqttPort}", "--connections", "100", "--rate", "5000", "--duration", $"{seconds}s",
        ];
        return Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
    }

    private static double Number(JsonElement of, string name) => of.GetProperty(name).GetDouble();

    private static void Print(FormattableString line) =>
        TestContext.Current.TestOutputHelper!.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
