using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

/// <summary>An open connection to the control database with the commands that were prepared on it. For one user at a time.</summary>
internal sealed class ControlConnection(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _prepared = [];

    public SqliteConnection Connection => connection;

    /// <summary>The command of a constant text, prepared once. In use until its reader is closed; asked for again, its parameters are new.</summary>
    public SqliteCommand Prepared(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            command = connection.Command(sql);
            _prepared.Add(sql, command);
        }

        command.Parameters.Clear();
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    /// <summary>Runs a command of a constant text; returns how many rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => Prepared(sql, parameters).ExecuteNonQuery();

    /// <summary>The number that a command of a constant text gives; null when it gives no row.</summary>
    public long? Scalar(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => (long?)Prepared(sql, parameters).ExecuteScalar();

    public void Dispose()
    {
        foreach (var command in _prepared.Values)
            command.Dispose();
        connection.Dispose();
    }
}
