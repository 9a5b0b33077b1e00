using System.Text;
using Hub.Server.Storage.Model;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Hub.Server.Storage.Sqlite;

/// <summary>
/// Under which host name the hub last ran: a command beside it need not share its environment, yet has to print the name that the
/// hub accepts.
/// </summary>
internal sealed partial class HostNameRecord(
    ControlDatabase database, IDbContextFactory<HubDbContext> contexts, WriteGate gate, ILogger<HostNameRecord> logger)
{
    /// <summary>Remembers the name; a volume that is full at that moment is no reason not to run.</summary>
    public async Task KeepAsync(string hostName, CancellationToken cancellationToken)
    {
        if (Find() == hostName)
            return;
        using var turn = await gate.EnterAsync(cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        try
        {
            await db.Database.ExecuteSqlAsync(
                $"INSERT OR REPLACE INTO Settings (Name, Value) VALUES ({SettingRow.HostName}, {Encoding.UTF8.GetBytes(hostName)})", cancellationToken);
        }
        catch (SqliteException exception)
        {
            Log.NotKept(logger, hostName, exception.Message);
        }
    }

    /// <summary>The name; null when no hub ran here yet.</summary>
    public string? Find()
    {
        using var connection = database.OpenReader();
        using var command = connection.Command("SELECT Value FROM Settings WHERE Name = $name", ("$name", SettingRow.HostName));
        return command.ExecuteScalar() is byte[] name ? Encoding.UTF8.GetString(name) : null;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Storage + 30, LogLevel.Warning,
            "The host name {HostName} could not be remembered ({Reason}): give it to the connection-string command too, as Hub:HostName.")]
        public static partial void NotKept(ILogger logger, string hostName, string reason);
    }
}
