using Hub.Server;

await HubApplication.Build(args).RunAsync();
