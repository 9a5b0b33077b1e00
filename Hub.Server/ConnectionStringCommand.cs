using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Storage;
using Hub.Server.Storage.Sqlite;
using Hub.Shared.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Options;

namespace Hub.Server;

/// <summary><c>connection-string [--policy NAME]</c>: prints the connection string of a shared access policy, and nothing else.</summary>
internal static class ConnectionStringCommand
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        var name = TakePolicy(args, out var rest);
        var beside = false;
        var isNew = false;
        await using var app = HubApplication.BuildControl([.. rest, "--Logging:LogLevel:Default=None"], hub =>
        {
            isNew = !Directory.Exists(hub.FullDataDirectory);
            return Open(hub, out beside);
        });
        var database = app.Services.GetRequiredService<ControlDatabase>();
        var contexts = app.Services.GetRequiredService<IDbContextFactory<HubDbContext>>();
        await (beside ? database.CheckReadableAsync(contexts, CancellationToken.None) : database.PrepareAsync(contexts, CancellationToken.None));

        var policies = app.Services.GetRequiredService<SharedAccessPolicies>();
        await policies.LoadAsync(CancellationToken.None);
        var policy = policies.Find(name)
            ?? throw new StartupException($"There is no policy \"{name}\"; there are {string.Join(", ", policies.All.Select(known => known.Name).Order())}.");
        // Whoever is in another folder than the hub would get the keys of a hub that nobody runs.
        if (isNew)
            await errors.WriteLineAsync($"There was no hub in {app.Services.GetRequiredService<DataDirectory>().Path}; its data was made now. If a hub runs elsewhere, name its folder: --Hub:DataDirectory=PATH.");
        await output.WriteLineAsync(new ServiceConnectionString(HostName(app), policy.Name, policy.PrimaryKey.ToBase64()).ToText());
        return 0;
    }

    /// <summary>The name given to this command, else the one under which the hub last ran, whose environment need not be this command's.</summary>
    private static string HostName(WebApplication app)
    {
        var configured = app.Services.GetRequiredService<IOptions<HubOptions>>().Value.HostName;
        return IsGiven(app.Configuration) ? configured : app.Services.GetRequiredService<HostNameRecord>().Find() ?? configured;
    }

    /// <summary>Whether the name stands in the arguments or the environment; in appsettings.json it stands always.</summary>
    private static bool IsGiven(IConfiguration configuration) => ((IConfigurationRoot)configuration).Providers.Any(provider =>
        provider is CommandLineConfigurationProvider or EnvironmentVariablesConfigurationProvider
        && provider.TryGet($"{HubOptions.Section}:{nameof(HubOptions.HostName)}", out _));

    /// <summary>Takes the directory, or reads it beside the hub that has it and has prepared it.</summary>
    private static DataDirectory Open(HubOptions hub, out bool beside)
    {
        try
        {
            beside = false;
            return DataDirectory.Acquire(hub);
        }
        catch (StorageUnusableException)
        {
            beside = true;
            return DataDirectory.OpenToRead(hub);
        }
    }

    private static string TakePolicy(string[] args, out string[] rest)
    {
        var at = Array.IndexOf(args, "--policy");
        if (at < 0)
        {
            rest = args;
            return SharedAccessPolicies.Owner;
        }

        if (at + 1 >= args.Length)
            throw new StartupException("--policy needs the name of a policy behind it.");
        rest = [.. args[..at], .. args[(at + 2)..]];
        return args[at + 1];
    }
}
