using System.CommandLine;
using System.Text.Json;
using Hub.Shared.Devices;

namespace Hub.Cli.Devices;

/// <summary><c>hub devices list|create|delete</c>.</summary>
internal sealed class DeviceCommands
{
    private readonly TimeProvider _clock;
    private readonly HubAccessOptions _access = new();
    private readonly Option<OutputFormat> _output = new("--output", "-o") { Description = "table, json or jsonl.", DefaultValueFactory = _ => OutputFormat.Table };
    private readonly Argument<string> _id = new("id") { Description = "The device's id." };
    private readonly Option<int?> _limit = new("--limit") { Description = "How many at most; without it all, page by page." };
    private readonly Option<string?> _text = new("--contains") { Description = "Text that the id or a tag contains." };
    private readonly Option<string[]> _tags = new("--tag") { Description = "A label, name=value; may be given more than once." };
    private readonly Option<bool> _disabled = new("--disabled") { Description = "Create it disabled." };
    private readonly Option<bool> _showConnectionString = new("--show-connection-string") { Description = "Print what a device client takes. It holds the device's key." };

    private DeviceCommands(TimeProvider clock)
    {
        _clock = clock;
        _output.AcceptOnlyFromAmong("table", "json", "jsonl");
        _limit.Validators.Add(r =>
        {
            if (!r.Errors.Any() && r.GetValueOrDefault<int?>() is < 1)
                r.AddError("--limit has to be at least 1.");
        });
    }

    public static Command Create(TimeProvider clock)
    {
        var commands = new DeviceCommands(clock);
        return new Command("devices", "Lists, creates and deletes devices.")
        {
            commands.Sub("list", "Lists devices.\n\nExample: hub devices list --contains pump --output jsonl",
                commands.ListAsync, [commands._text, commands._limit, commands._output]),
            commands.Sub("create", "Creates a device with generated keys.\n\nExample: hub devices create pump-7 --tag site=north --show-connection-string",
                commands.CreateAsync, [commands._id, commands._tags, commands._disabled, commands._showConnectionString, commands._output]),
            commands.Sub("delete", "Deletes a device; its connection ends.\n\nExample: hub devices delete pump-7", commands.DeleteAsync, [commands._id]),
        };
    }

    private Command Sub(string name, string description, Func<ParseResult, CancellationToken, Task<int>> action, Symbol[] parts)
    {
        var command = new Command(name, description);
        foreach (var part in parts)
        {
            if (part is Argument argument)
                command.Arguments.Add(argument);
            else if (part is Option option)
                command.Options.Add(option);
        }

        _access.AddTo(command);
        command.SetAction(action);
        return command;
    }

    private async Task<int> ListAsync(ParseResult result, CancellationToken cancellationToken)
    {
        using var client = _access.Read(result).CreateClient(_clock);
        var devices = new HubApi(client).ListDevicesAsync(result.GetValue(_text), result.GetValue(_limit), cancellationToken);
        var output = result.InvocationConfiguration.Output;
        switch (result.GetValue(_output))
        {
            case OutputFormat.Jsonl:
                await foreach (var device in devices)
                    await output.WriteLineAsync(JsonSerializer.Serialize(device, Json.Line));
                break;
            case OutputFormat.Json:
                await output.WriteLineAsync(JsonSerializer.Serialize(await devices.ToListAsync(cancellationToken), Json.Indented));
                break;
            default:
                WriteTable(result, await devices.ToListAsync(cancellationToken));
                break;
        }

        return 0;
    }

    private async Task<int> CreateAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var id = ReadId(result);
        var change = new DeviceChange
        {
            Status = result.GetValue(_disabled) ? DeviceStatus.Disabled : DeviceStatus.Enabled,
            Tags = ReadTags(result.GetValue(_tags) ?? []),
        };
        using var client = _access.Read(result).CreateClient(_clock);
        var api = new HubApi(client);
        var device = await api.CreateDeviceAsync(id, change, cancellationToken);
        var output = result.InvocationConfiguration.Output;
        if (result.GetValue(_showConnectionString))
            await output.WriteLineAsync((await api.GetKeysAsync(id, cancellationToken)).ConnectionString);
        else if (result.GetValue(_output) == OutputFormat.Table)
            await output.WriteLineAsync($"Created {device.DeviceId}.");
        else
            await output.WriteLineAsync(JsonSerializer.Serialize(device, result.GetValue(_output) == OutputFormat.Json ? Json.Indented : Json.Line));
        return 0;
    }

    private async Task<int> DeleteAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var id = ReadId(result);
        using var client = _access.Read(result).CreateClient(_clock);
        if (!await new HubApi(client).DeleteDeviceAsync(id, cancellationToken))
            throw new CommandException($"There is no device {id}.");
        await result.InvocationConfiguration.Output.WriteLineAsync($"Deleted {id}.");
        return 0;
    }

    private DeviceId ReadId(ParseResult result) =>
        DeviceId.TryParse(result.GetValue(_id), out var id) ? id : throw new UsageException(DeviceId.Rule);

    private static Dictionary<string, string> ReadTags(string[] tags)
    {
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            var (name, value) = Pairs.Read("--tag", tag);
            read[name] = value;
        }

        return read;
    }

    private void WriteTable(ParseResult result, List<DeviceDetails> devices)
    {
        if (devices.Count == 0)
        {
            // Beside the output, so that a program that reads it gets no device of a strange name.
            var text = result.GetValue(_text);
            result.InvocationConfiguration.Error.WriteLine(
                text is null ? "No device is registered yet: hub devices create ID makes one." : $"No device's id or tags contain '{text}'.");
            return;
        }

        Columns.Write(
            result.InvocationConfiguration.Output,
            ["Device", "Status", "Connection", "Last activity", "Tags"],
            devices.Select(d => (string[])
            [
                d.DeviceId.Value, d.Status.ToString().ToLowerInvariant(), d.ConnectionState.ToString().ToLowerInvariant(),
                d.LastActivityTime?.ToString("u") ?? "never", string.Join(", ", d.Tags.Select(t => $"{t.Key}={t.Value}")),
            ]));
    }
}
