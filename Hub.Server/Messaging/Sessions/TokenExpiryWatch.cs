namespace Hub.Server.Messaging.Sessions;

/// <summary>
/// Ends the links whose token has ended, within 10 s of its end (decision 23). One walk over all links every few seconds costs less
/// than a timer for each of them.
/// </summary>
internal sealed class TokenExpiryWatch(SessionTable sessions, TimeProvider time) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private static readonly LinkCloseReason Expired =
        new(LinkCloseKind.TokenExpired, "The time of the token ended; connect again with a fresh one.");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            CloseExpired();
    }

    private void CloseExpired()
    {
        var now = time.GetUtcNow();
        foreach (var link in sessions.Links)
        {
            if (link.Proof.ExpiresAt <= now)
                link.Close(Expired);
        }
    }
}
