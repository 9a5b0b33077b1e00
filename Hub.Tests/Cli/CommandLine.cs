using System.Text;
using Hub.Cli;
using Hub.Cli.Common;
using Xunit;

namespace Hub.Tests.Cli;

/// <summary>A command line that runs in this process, with what it prints caught. Disposing it ends it, as Ctrl+C does.</summary>
internal sealed class CommandLine : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly CancellationTokenSource _stop = new();
    private readonly Caught _output = new();
    private readonly Caught _error = new();
    private readonly Task<int> _run;

    private CommandLine(string[] args) => _run = Task.Run(() => CommandRunner.RunAsync(HubCommands.CreateRoot(TimeProvider.System), args, _output, _error, _stop.Token));

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Starts a command line that goes on beside the test.</summary>
    public static CommandLine Start(params string[] args) => new(args);

    /// <summary>Runs a command line to its end.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        await using var line = new CommandLine(args);
        var code = await line.EndAsync();
        return (code, line.Output, line.Error);
    }

    public async Task<int> EndAsync()
    {
        await Task.WhenAny(_run, Task.Delay(Patience, TestContext.Current.CancellationToken));
        Assert.True(_run.IsCompleted, $"The command did not end within {Patience.TotalSeconds:0} s. It printed: {Output}{Error}");
        return await _run;
    }

    /// <summary>As Ctrl+C; gives the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        return await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(_run, Task.Delay(Patience));
        _stop.Dispose();
    }

    /// <summary>Written by the command while the test reads.</summary>
    private sealed class Caught : TextWriter
    {
        private readonly StringBuilder _text = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            lock (_text)
                _text.Append(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            lock (_text)
                _text.Append(buffer, index, count);
        }

        public override void Write(string? value)
        {
            lock (_text)
                _text.Append(value);
        }

        public override string ToString()
        {
            lock (_text)
                return _text.ToString();
        }
    }
}
