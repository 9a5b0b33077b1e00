using Hub.Server.Operations;
using Hub.Server.Security;
using Hub.Server.Storage;
using Microsoft.Extensions.Options;

namespace Hub.Server;

/// <summary>
/// The server program: runs the hub, or one of its commands. What stops a start is told in one sentence, without a stack trace, and
/// the exit code is 1.
/// </summary>
internal static class HubProgram
{
    private const string Help = """
        The hub: takes messages from devices and keeps them.

          Hub.Server [SETTING...]                                     runs the hub
          Hub.Server connection-string [--policy NAME] [SETTING...]   prints a service connection string
          Hub.Server version                                          prints the version

        A setting is given as --Hub:KEY=VALUE, or as Hub__KEY=VALUE in the environment. The most used:

          --Hub:DataDirectory=data     the folder for everything that must last
          --Hub:HostName=localhost     the name that devices and tokens use
          --Hub:Endpoints:Mqtts=mqtts://*:8883
                                       where devices connect; beside it are Mqtt, Http and Https

        docs/configuration.md describes all of them; appsettings.json beside the program holds their defaults.
        """;

    private static readonly string[] HelpWords = ["--help", "-h", "-?"];

    public static Task<int> RunAsync(string[] args) => RunAsync(args, Console.Out, Console.Error);

    /// <param name="args">A command or settings, as on the command line.</param>
    /// <param name="output">Where goes what a command prints, and the announcement of a hub that runs.</param>
    /// <param name="errors">Where the sentence goes.</param>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        try
        {
            return args switch
            {
                ["help", ..] => await PrintAsync(output, Help),
                _ when args.Any(HelpWords.Contains) => await PrintAsync(output, Help),
                ["version" or "--version", ..] => await PrintAsync(output, HubVersion.Text),
                ["connection-string", ..] => await ConnectionStringCommand.RunAsync(args[1..], output, errors),
                [{ } word, ..] when !word.StartsWith('-') => throw new StartupException(
                    $"There is no command \"{word}\"; the commands are help, version and connection-string, and without one the hub runs."),
                _ => await ServeAsync(() => HubApplication.Build(args), output),
            };
        }
        catch (Exception exception) when (ToSentence(exception) is { } sentence)
        {
            await errors.WriteLineAsync(sentence);
            return 1;
        }
    }

    private static async Task<int> PrintAsync(TextWriter output, string text)
    {
        await output.WriteLineAsync(text);
        return 0;
    }

    /// <summary>Runs a hub until it is stopped: 0 when it was told to, 1 when a part of it failed.</summary>
    internal static async Task<int> ServeAsync(Func<WebApplication> build, TextWriter output)
    {
        await using var app = build();
        try
        {
            await app.StartAsync();
        }
        catch (Exception exception) when (app.Services.GetRequiredService<DoorKeeper>().ExplainRefusal(exception) is { } refusal)
        {
            throw refusal;
        }

        Announcement.Write(app, output);
        await app.WaitForShutdownAsync();
        return app.Services.GetRequiredService<ServiceWatch>().HasFailed ? 1 : 0;
    }

    /// <summary>What is wrong, for exceptions that are meant for whoever starts the hub; null for any other, which is a bug.</summary>
    private static string? ToSentence(Exception exception) => exception switch
    {
        StartupException or StorageUnusableException or SecretsUnreadableException => exception.Message,
        OptionsValidationException options => string.Join(Environment.NewLine, options.Failures),
        // Several rooms' options at once.
        AggregateException several when several.InnerExceptions.Select(ToSentence).ToArray() is var sentences =>
            sentences.Contains(null) ? null : string.Join(Environment.NewLine, sentences),
        _ => exception.InnerException is null ? null : ToSentence(exception.InnerException),
    };
}
