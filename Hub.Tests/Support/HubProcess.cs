using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>
/// The server program as a process of its own, for what cannot be tried within the test's: signals, tracing, faults of the system.
/// Its doors get free ports, which its announcement tells. Disposing it ends it, and so does the end of the tests.
/// </summary>
internal sealed partial class HubProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _announced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HubProcess(string dataDirectory, IReadOnlyList<string> wrapper, IReadOnlyList<string> settings)
    {
        var command = new List<string>(wrapper)
        {
            "dotnet", ServerProgram, "--Hub:DataDirectory=" + dataDirectory, "--Hub:Endpoints:Http=http://127.0.0.1:0",
            "--Hub:Endpoints:Https=", "--Hub:Endpoints:Mqtt=mqtt://127.0.0.1:0", "--Hub:Endpoints:Mqtts=",
        };
        command.AddRange(settings);
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true },
        };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        AppDomain.CurrentDomain.ProcessExit += OnTestsEnd;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public int MqttPort { get; private set; }

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>The program as built, or another one by the environment variable <c>HUB_SERVER</c> (a published Hub.Server.dll).</summary>
    private static string ServerProgram
    {
        get
        {
            if (Environment.GetEnvironmentVariable("HUB_SERVER") is { Length: > 0 } named)
                return named;
            var configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/', '\\'))!);
            var built = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../..", "Hub.Server", "bin", configuration, "net10.0", "Hub.Server.dll"));
            return File.Exists(built) ? built : Path.Combine(AppContext.BaseDirectory, "Hub.Server.dll");
        }
    }

    /// <summary>Starts a hub and waits until it is ready.</summary>
    /// <param name="dataDirectory">Where its data is.</param>
    /// <param name="wrapper">A program that runs it, such as a tracer; empty for none. It must leave the process id to the hub.</param>
    /// <param name="settings">More settings, as on the command line.</param>
    public static async Task<HubProcess> StartAsync(string dataDirectory, IReadOnlyList<string>? wrapper = null, params IReadOnlyList<string> settings)
    {
        var hub = new HubProcess(dataDirectory, wrapper ?? [], settings);
        try
        {
            await hub.WaitForAnnouncementAsync();
            await hub.WaitForHealthAsync(healthy: true);
            return hub;
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a hub that answers, but is not expected to be ready.</summary>
    public static async Task<HubProcess> StartUnreadyAsync(string dataDirectory, params IReadOnlyList<string> settings)
    {
        var hub = new HubProcess(dataDirectory, [], settings);
        try
        {
            await hub.WaitForAnnouncementAsync();
            await hub.WaitForHealthAsync(healthy: false);
            return hub;
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a hub that is expected to stop by itself, and returns its exit code and all that it printed.</summary>
    public static async Task<(int ExitCode, string Output)> RunToEndAsync(string dataDirectory, params IReadOnlyList<string> settings)
    {
        await using var hub = new HubProcess(dataDirectory, [], settings);
        var code = await hub.WaitForExitAsync();
        return (code, hub.Output);
    }

    /// <summary>Waits until the hub's health is what is expected.</summary>
    public async Task WaitForHealthAsync(bool healthy)
    {
        using var client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(20) };
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
                if (answer.IsSuccessStatusCode == healthy)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException { InnerException: TimeoutException } && !_process.HasExited)
            {
                // The door is not open yet, or the hub is too busy to answer.
            }

            Assert.False(_process.HasExited, "The hub ended: " + Output);
            Assert.True(watch.Elapsed < Patience, $"The hub did not become {(healthy ? "ready" : "unready")}: " + Output);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>SIGKILL: the process is gone on return, nothing was tidied up.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await WaitForExitAsync();
    }

    /// <summary>SIGTERM; returns the exit code and how long the hub took.</summary>
    public async Task<(int ExitCode, TimeSpan Took)> TerminateAsync()
    {
        var watch = Stopwatch.StartNew();
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return (await WaitForExitAsync(), watch.Elapsed);
    }

    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnTestsEnd;
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
    }

    private async Task WaitForAnnouncementAsync()
    {
        var ended = _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var first = await Task.WhenAny(_announced.Task, ended).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(first == _announced.Task, "The hub ended at its start: " + Output);
    }

    private void Take(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
        if (PortalRow().Match(line) is { Success: true } portal)
            Address = new Uri(portal.Groups[1].Value);
        if (MqttRow().Match(line) is { Success: true } mqtt)
            MqttPort = int.Parse(mqtt.Groups[1].Value, CultureInfo.InvariantCulture);
        if (line.StartsWith("  Data ", StringComparison.Ordinal))
            _announced.TrySetResult();
    }

    private void OnTestsEnd(object? sender, EventArgs e) => _process.Kill(entireProcessTree: true);

    [GeneratedRegex(@"^  Portal +(http://127\.0\.0\.1:\d+)/")]
    private static partial Regex PortalRow();

    [GeneratedRegex(@"^  MQTT +mqtt://127\.0\.0\.1:(\d+)")]
    private static partial Regex MqttRow();
}
