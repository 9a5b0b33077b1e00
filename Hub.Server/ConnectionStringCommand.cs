using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Storage;
using Hub.Shared.Security;
using Microsoft.Extensions.Options;

namespace Hub.Server;

/// <summary><c>connection-string [--policy NAME]</c>: prints the connection string of a shared access policy, and nothing else.</summary>
internal static class ConnectionStringCommand
{
    private const string DefaultPolicy = "iothubowner";

    public static async Task<int> RunAsync(string[] args)
    {
        var name = TakePolicy(args, out var rest);
        await using var services = HubApplication.BuildForCommand(rest);
        var hub = services.GetRequiredService<IOptions<HubOptions>>().Value;
        using var directory = OpenData(hub);
        await HubApplication.PrepareStoresAsync(services, directory is not null);

        var policies = await services.GetRequiredService<ISharedAccessPolicyStore>().ListAsync(CancellationToken.None);
        var policy = policies.FirstOrDefault(policy => string.Equals(policy.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new StartupException($"There is no policy \"{name}\"; there are {string.Join(", ", policies.Select(policy => policy.Name))}.");
        Console.WriteLine(new ServiceConnectionString(hub.HostName, policy.Name, policy.PrimaryKey.ToBase64()).ToText());
        return 0;
    }

    /// <summary>The directory when no hub runs on it; null beside a running hub, which has prepared it.</summary>
    private static DataDirectory? OpenData(HubOptions hub)
    {
        try
        {
            return DataDirectory.Acquire(hub);
        }
        catch (StorageUnusableException) when (DataDirectory.IsInUse(hub))
        {
            return null;
        }
    }

    private static string TakePolicy(string[] args, out string[] rest)
    {
        var at = Array.IndexOf(args, "--policy");
        if (at < 0)
        {
            rest = args;
            return DefaultPolicy;
        }

        if (at + 1 >= args.Length)
            throw new StartupException("--policy needs the name of a policy behind it.");
        rest = [.. args[..at], .. args[(at + 2)..]];
        return args[at + 1];
    }
}
