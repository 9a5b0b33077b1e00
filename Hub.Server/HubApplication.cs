namespace Hub.Server;

/// <summary>The composition root, to be read as a table of contents; the only place that knows every room.</summary>
internal static class HubApplication
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        return builder.Build();
    }
}
