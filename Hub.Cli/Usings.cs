global using Hub.Cli.Common;
