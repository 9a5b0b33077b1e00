using Hub.Server.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Hub.Server.Storage;

/// <summary>For <c>dotnet ef migrations add</c>: the model without a running hub. Nothing is ever opened with it.</summary>
internal sealed class HubDbContextDesignFactory : IDesignTimeDbContextFactory<HubDbContext>
{
    public HubDbContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<HubDbContext>();
        ControlDatabase.Configure(options, "design.db");
        return new HubDbContext(options.Options);
    }
}
