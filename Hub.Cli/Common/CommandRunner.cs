using System.CommandLine;
using System.Net.Sockets;

namespace Hub.Cli.Common;

/// <summary>Parses, runs, and turns the outcome into an exit code: 0 done (also what runs until Ctrl+C), 1 failed, 2 wrong usage, 130 interrupted.</summary>
internal static class CommandRunner
{
    public const int Failed = 1;
    public const int WrongUsage = 2;

    /// <summary>As shells say it: ended by Ctrl+C before it was done.</summary>
    public const int Interrupted = 130;

    public static async Task<int> RunAsync(RootCommand root, string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var fault in parsed.Errors)
                await error.WriteLineAsync(fault.Message);
            await error.WriteLineAsync("See --help.");
            return WrongUsage;
        }

        try
        {
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                Output = output,
                Error = error,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(10),
            };
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (UsageException e)
        {
            await error.WriteLineAsync(e.Message);
            return WrongUsage;
        }
        catch (Exception e) when (e is CommandException or HttpRequestException or SocketException or IOException)
        {
            await error.WriteLineAsync(e.Message);
            return Failed;
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException)
        {
            await error.WriteLineAsync("The hub did not answer in time.");
            return Failed;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Interrupted before it was done.");
            return Interrupted;
        }
    }
}
