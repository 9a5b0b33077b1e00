using System.Net;
using Microsoft.AspNetCore.SignalR.Client;

namespace Hub.Portal.Streaming;

/// <summary>Does not give up until the hub refuses us: at once, then after 1 and 2 seconds, then every 5.</summary>
internal sealed class ReconnectPolicy : IRetryPolicy
{
    private static readonly TimeSpan[] Delays =
        [TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)];

    public static TimeSpan DelayAfter(long attempt) => Delays[Math.Clamp(attempt + 1, 1, Delays.Length - 1)];

    // Refused is not lost: giving up closes the connection, and what follows finds out that the session is over.
    public TimeSpan? NextRetryDelay(RetryContext retryContext) =>
        retryContext.RetryReason is HttpRequestException { StatusCode: HttpStatusCode.Unauthorized }
            ? null
            : Delays[Math.Min(retryContext.PreviousRetryCount, Delays.Length - 1)];
}
