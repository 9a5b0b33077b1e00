using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Security.Operators;
using Hub.Server.Storage.Sqlite;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hub.Server.Storage;

/// <summary>The control database and the ports that it implements.</summary>
internal static class ControlRegistration
{
    /// <summary>Needs a <see cref="DataDirectory"/>, <see cref="HubOptions"/> and an <see cref="IKeyProtector"/> among the services.</summary>
    public static IServiceCollection AddControlStore(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddPooledDbContextFactory<HubDbContext>((provider, options) =>
            ControlDatabase.Configure(options, provider.GetRequiredService<DataDirectory>().ControlPath));
        services.AddSingleton<ControlDatabase>();
        services.AddSingleton<HostNameRecord>();
        services.AddSingleton<WriteGate>();
        services.AddSingleton<ControlWriter>();
        services.AddSingleton<ControlReaders>();
        services.AddSingleton<CursorSeal>();
        services.AddHostedService<ControlStart>();

        services.AddSingleton<IDeviceStore, SqliteDeviceStore>();
        services.AddSingleton<SqliteDeviceBoundStore>();
        services.AddSingleton<IDeviceBoundStore>(provider => provider.GetRequiredService<SqliteDeviceBoundStore>());
        services.AddSingleton<IDeviceBoundFigures, SqliteDeviceBoundFigures>();
        services.AddSingleton<IBatchStore, SqliteBatchStore>();
        services.AddSingleton<IFeedbackStore, SqliteFeedbackStore>();
        services.AddSingleton<ISessionStore, SqliteSessionStore>();
        services.AddSingleton<IConnectionHistoryStore, SqliteConnectionHistoryStore>();
        services.AddSingleton<ISharedAccessPolicyStore, SqliteSharedAccessPolicyStore>();
        services.AddSingleton<SqliteAuditLog>();
        services.AddSingleton<IAuditLog>(provider => provider.GetRequiredService<SqliteAuditLog>());

        // Identity's own store, for whoever calls AddIdentityCore<Operator>().
        new IdentityBuilder(typeof(Operator), typeof(IdentityRole), services).AddEntityFrameworkStores<HubDbContext>();
        return services;
    }
}
