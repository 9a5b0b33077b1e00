using System.Collections.Concurrent;
using System.Security.Claims;
using Hub.Server.Security.Web;

namespace Hub.Server.Security.Operators;

/// <summary>
/// Ends what stays open after it was let in, such as live streams, when the session that opened it ends: by sign-out, a changed
/// password or role, disablement or removal of the operator. Looks every <see cref="Interval"/>, so that with the age of the remembered
/// stamps it is over within a minute (row W4). As many entries as there are open streams, and one look at the store for each operator.
/// Singleton; safe from any thread.
/// </summary>
internal sealed partial class OperatorSessionWatch(
    OperatorSessions sessions, IServiceScopeFactory scopes, TimeProvider time, ILogger<OperatorSessionWatch> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<Entry, byte> _entries = new();

    /// <summary>
    /// Calls <paramref name="end"/> once when the session ends; dispose what is returned when it has ended by itself. Callers that did
    /// not come in by a session are none of this watch's business.
    /// </summary>
    public IDisposable Watch(ClaimsPrincipal? principal, Action end)
    {
        var entry = new Entry(this, principal, end);
        if (principal?.Identity is { IsAuthenticated: true, AuthenticationType: Schemes.Cookie })
            _entries.TryAdd(entry, 0);
        return entry;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await CheckAsync(stoppingToken);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_entries.IsEmpty)
            return;
        await using var scope = scopes.CreateAsyncScope();
        foreach (var (entry, _) in _entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (!await sessions.HoldsAsync(entry.Principal, scope.ServiceProvider) && _entries.TryRemove(entry, out _))
                    entry.End();
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // The store may be away for a while: the next round looks again.
                Log.NotChecked(logger, exception);
            }
        }
    }

    private sealed class Entry(OperatorSessionWatch watch, ClaimsPrincipal? principal, Action end) : IDisposable
    {
        public ClaimsPrincipal? Principal => principal;

        public Action End => end;

        public void Dispose() => watch._entries.TryRemove(this, out _);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Security + 20, LogLevel.Warning, "Whether an operator's session still stands could not be checked; trying again.")]
        public static partial void NotChecked(ILogger logger, Exception exception);
    }
}
