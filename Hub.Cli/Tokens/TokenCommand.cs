using System.CommandLine;
using Hub.Shared.Devices;
using Hub.Shared.Security;

namespace Hub.Cli.Tokens;

/// <summary><c>hub token</c>: a shared access signature for other programs, and nothing else on the output.</summary>
internal sealed class TokenCommand
{
    private const string Help = """
        Prints a shared access signature: of the connection string's policy, or of a device.

        Examples:
          TOKEN=$(hub token)
          curl -H "Authorization: $TOKEN" http://127.0.0.1:8080/api/v1/devices
          TOKEN=$(hub token --device pump-7 --expires 8h)

        The token of a policy is signed here, without the hub; whoever has it may do what the policy may. That of a device is the
        password with which it connects; the hub signs it with the device's primary key, for a policy that may change the registry.
        """;

    /// <summary>As long as the hub lets a device's token live.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);

    private readonly HubAccessOptions _access = new();
    private readonly Option<string?> _device = new("--device") { Description = "The device whose token it is; without it the connection string's policy." };
    private readonly Option<TimeSpan> _expires = Durations.Option("--expires", "How long it holds, such as 10m, 8h or 30d.", TimeSpan.FromHours(1), Longest);

    public static Command Create(TimeProvider clock)
    {
        var token = new TokenCommand();
        var command = new Command("token", Help) { token._device, token._expires };
        token._access.AddTo(command);
        command.SetAction((result, cancellationToken) => token.RunAsync(result, clock, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, TimeProvider clock, CancellationToken cancellationToken)
    {
        var life = result.GetValue(_expires);
        if (life < Shortest)
            throw new UsageException("--expires has to be at least 1m.");
        var access = _access.Read(result);
        var token = result.GetValue(_device) is { } text
            ? await OfDeviceAsync(access, clock, ReadId(text), life, cancellationToken)
            : OfPolicy(access.ConnectionString, clock.GetUtcNow() + life);
        await result.InvocationConfiguration.Output.WriteLineAsync(token);
        return 0;
    }

    private static DeviceId ReadId(string text) => DeviceId.TryParse(text, out var id) ? id : throw new UsageException(DeviceId.Rule);

    private static string OfPolicy(ServiceConnectionString policy, DateTimeOffset end) =>
        SharedAccessSignature.Create(policy.HostName, policy.SharedAccessKey, end, policy.PolicyName);

    private static async Task<string> OfDeviceAsync(HubAccess access, TimeProvider clock, DeviceId id, TimeSpan life, CancellationToken cancellationToken)
    {
        using var client = access.CreateClient(clock);
        return (await new HubApi(client).CreateTokenAsync(id, life, cancellationToken)).Token;
    }
}
