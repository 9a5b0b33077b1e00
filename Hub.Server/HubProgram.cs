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
    public static Task<int> RunAsync(string[] args) => RunAsync(args, Console.Error);

    /// <param name="args">A command or settings, as on the command line.</param>
    /// <param name="errors">Where the sentence goes.</param>
    public static async Task<int> RunAsync(string[] args, TextWriter errors)
    {
        try
        {
            return args switch
            {
                ["version", ..] => PrintVersion(),
                ["connection-string", ..] => await ConnectionStringCommand.RunAsync(args[1..]),
                [{ } word, ..] when !word.StartsWith('-') => throw new StartupException(
                    $"There is no command \"{word}\"; the commands are version and connection-string, and without one the hub runs."),
                _ => await ServeAsync(args),
            };
        }
        catch (Exception exception) when (ToSentence(exception) is { } sentence)
        {
            await errors.WriteLineAsync(sentence);
            return 1;
        }
    }

    private static int PrintVersion()
    {
        Console.WriteLine(HubVersion.Text);
        return 0;
    }

    private static async Task<int> ServeAsync(string[] args)
    {
        await using var app = HubApplication.Build(args);
        try
        {
            await app.StartAsync();
        }
        catch (Exception exception) when (app.Services.GetRequiredService<DoorKeeper>().ExplainRefusal(exception) is { } refusal)
        {
            throw refusal;
        }

        await app.WaitForShutdownAsync();
        return 0;
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
