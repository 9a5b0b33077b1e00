using Hub.Cli;

// One socket thread, which itself runs what follows a read: a hop to another thread for each PUBACK would cost the load
// generator more than the PUBACK does, and while the one thread works, further PUBACKs gather and are read together. The
// runtime reads these two once, before the first socket; who sets them outside is obeyed.
Set("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
Set("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");

return await CommandRunner.RunAsync(HubCommands.CreateRoot(TimeProvider.System), args is ["help"] ? ["--help"] : args, Console.Out, Console.Error, CancellationToken.None);

static void Set(string name, string value)
{
    if (Environment.GetEnvironmentVariable(name) is null)
        Environment.SetEnvironmentVariable(name, value);
}
