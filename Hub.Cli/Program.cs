using Hub.Cli;

// The socket threads run what follows a read themselves: a hop to another thread for each PUBACK would cost the load generator
// more than the PUBACK does. The runtime reads these two once, before the first socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

return await CommandRunner.RunAsync(HubCommands.CreateRoot(TimeProvider.System), args, Console.Out, Console.Error);
