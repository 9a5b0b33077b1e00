using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Hub.Tests.Support;

/// <summary>Keeps every line logged at information or above, with the text of its exception.</summary>
internal sealed class LogCapture : ILoggerProvider
{
    public ConcurrentQueue<LogLine> Lines { get; } = new();

    /// <summary>What a class logged, in order.</summary>
    public IReadOnlyList<LogLine> Of<T>() => [.. Lines.Where(line => line.Category == typeof(T).FullName)];

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, Lines);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, ConcurrentQueue<LogLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                lines.Enqueue(new(category, logLevel, eventId, $"{formatter(state, exception)} {exception?.Message}".TrimEnd()));
        }
    }
}

/// <summary>A line of the log.</summary>
internal sealed record LogLine(string Category, LogLevel Level, EventId Id, string Text);
