using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Storage;
using Hub.Server.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hub.Tests.Support;

/// <summary>A control database in a folder of its own, as the hub wires it; it can be closed and opened again.</summary>
internal sealed class ControlStoreFixture(TimeProvider time) : IAsyncDisposable
{
    private readonly TestKeyProtector _protector = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("hub-control-").FullName;
    private ServiceProvider? _services;

    public DataDirectory Data => Services.GetRequiredService<DataDirectory>();

    public ServiceProvider Services => _services ?? throw new InvalidOperationException("The store is closed.");

    public static async Task<ControlStoreFixture> CreateAsync(TimeProvider? time = null)
    {
        var fixture = new ControlStoreFixture(time ?? TimeProvider.System);
        await fixture.OpenAsync();
        return fixture;
    }

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public async Task OpenAsync()
    {
        var services = new ServiceCollection();
        services.AddSingleton(_ => DataDirectory.Acquire(new HubOptions { DataDirectory = _folder }));
        services.AddSingleton<IKeyProtector>(_protector);
        services.AddSingleton(time);
        services.AddControlStore();
        _services = services.BuildServiceProvider();
        await Get<ControlDatabase>().PrepareAsync(Get<IDbContextFactory<HubDbContext>>(), CancellationToken.None);
    }

    public async Task CloseAsync()
    {
        if (_services is not null)
            await _services.DisposeAsync();
        _services = null;
        SqliteConnection.ClearAllPools();
    }

    public async Task ReopenAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    /// <summary>Speaks to the database past the store, as one who has the file could.</summary>
    public int Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Data.ControlPath};Pooling=False");
        connection.Open();
        return connection.Execute(sql);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
