namespace Hub.Cli.Common;

/// <summary>What went wrong, in one sentence for whoever typed the command. Ends the program with exit code 1.</summary>
internal class CommandException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The command line itself is wrong. Ends the program with exit code 2.</summary>
internal sealed class UsageException(string message) : CommandException(message);
