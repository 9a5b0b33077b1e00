using Hub.Server.Security.Operators;
using Hub.Server.Security.Web;
using Microsoft.AspNetCore.Authentication;

namespace Hub.Server.Api;

/// <summary>
/// How long a stream lives that has no end of its own: until its client leaves, the operator's session or the token's time ends, or the hub
/// stops, which must not wait for it.
/// </summary>
internal sealed class StreamLife : IDisposable
{
    /// <summary>Timers reach no further; a token that holds longer asks its stream to come back once in that time.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    private readonly CancellationTokenSource _expired;
    private readonly CancellationTokenSource _any;
    private readonly IDisposable _session;

    public StreamLife(HttpContext context)
    {
        var services = context.RequestServices;
        _expired = UntilExpiry(context, services.GetRequiredService<TimeProvider>());
        _any = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping, _expired.Token);
        _session = services.GetRequiredService<OperatorSessionWatch>().Watch(context.User, context.Abort);
    }

    /// <summary>Cancelled at its end.</summary>
    public CancellationToken End => _any.Token;

    public void Dispose()
    {
        _session.Dispose();
        _any.Dispose();
        _expired.Dispose();
    }

    /// <summary>Cancelled when the time of the token ends that the request came with; an operator's session is watched otherwise.</summary>
    private static CancellationTokenSource UntilExpiry(HttpContext context, TimeProvider time)
    {
        var ticket = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Ticket;
        if (ticket?.Properties.ExpiresUtc is not { } end || context.User.Identity?.AuthenticationType == Schemes.Cookie)
            return new CancellationTokenSource();
        var left = end - time.GetUtcNow();
        return new CancellationTokenSource(left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestTimer ? left : LongestTimer, time);
    }
}
