using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>Runs a script of Hub.Tests/Clients with Node and returns the JSON that it prints as its last line.</summary>
internal static class NodeClient
{
    private static readonly string Folder = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "Clients");

    public static bool IsInstalled => Directory.Exists(Path.Combine(Folder, "node_modules"));

    /// <param name="script">The file's name.</param>
    /// <param name="caPath">The certificate authority that the client trusts beside the usual ones.</param>
    /// <param name="arguments">What the script takes.</param>
    public static async Task<JsonElement> RunAsync(string script, string? caPath, params string[] arguments)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(script);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        if (caPath is not null)
            start.Environment["NODE_EXTRA_CA_CERTS"] = caPath;

        using var process = Process.Start(start) ?? throw new InvalidOperationException("Node did not start.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{script} ended with {process.ExitCode}: {await errors}");
            var lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            using var document = JsonDocument.Parse(lines[^1]);
            return document.RootElement.Clone();
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
