using Hub.Server;

return await HubProgram.RunAsync(args);
