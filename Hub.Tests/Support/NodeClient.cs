using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>Runs a script of Hub.Tests/Clients with Node and returns the JSON that it prints as its last line.</summary>
internal static class NodeClient
{
    private static readonly string Folder = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "Clients");

    public static string Packages => Path.GetFullPath(Path.Combine(Folder, "node_modules"));

    public static bool IsInstalled => Directory.Exists(Packages);

    /// <param name="script">The file's name.</param>
    /// <param name="caPath">The certificate authority that the client trusts beside the usual ones.</param>
    /// <param name="arguments">What the script takes.</param>
    public static async Task<JsonElement> RunAsync(string script, string? caPath, params string[] arguments)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = Folder };
        start.ArgumentList.Add(script);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        if (caPath is not null)
            start.Environment["NODE_EXTRA_CA_CERTS"] = caPath;

        var (code, output, errors) = await Programs.RunAsync(start, TimeSpan.FromSeconds(60));
        Assert.True(code == 0, $"{script} ended with {code}: {errors}");
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using var document = JsonDocument.Parse(lines[^1]);
        return document.RootElement.Clone();
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
