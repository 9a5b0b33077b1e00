using System.Security.Claims;
using System.Text.Encodings.Web;
using Hub.Shared.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security.Web;

/// <summary>
/// <c>Authorization: SharedAccessSignature ...</c> of a shared access policy; at the live hub also after <c>Bearer</c>, or as
/// <c>access_token</c> in the query, since browsers cannot set headers on a WebSocket. Nowhere else: addresses end in logs.
/// </summary>
internal sealed class SignatureScheme(
    PolicyAuthenticator authenticator, RefusedRequestLog refusals, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers,
    UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    private const string Bearer = "Bearer ";

    /// <summary>Whether the request stands and falls with a token.</summary>
    public static bool Concerns(HttpRequest request) => request.Headers.Authorization.Count > 0 || TokenInQuery(request) is not null;

    /// <summary>Whether a token decides, not an operator's cookie: one is there, or the endpoint takes nothing else.</summary>
    public static bool Judges(HttpContext context) =>
        Concerns(context.Request) || context.GetEndpoint()?.Metadata.GetMetadata<SignatureOnly>() is not null;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var token = Request.Headers.Authorization.Count > 0 ? TokenInHeader(Request) : TokenInQuery(Request);
        if (token is null || Context.GetEndpoint()?.Metadata.GetMetadata<DeviceSignature>() is not null)
            return Task.FromResult(AuthenticateResult.NoResult());

        switch (authenticator.Authenticate(token, PathOf(Request)))
        {
            case PolicyAuthentication.Accepted accepted:
                var actor = Caller.NameOfPolicy(accepted.Policy.Name);
                var identity = new ClaimsIdentity(Scheme.Name);
                identity.AddClaim(new Claim(identity.NameClaimType, actor));
                identity.AddClaims(RightsClaims.Of(accepted.Policy.Rights));
                // With its end told, SignalR closes the connection when the token's time is up.
                var properties = new AuthenticationProperties { ExpiresUtc = accepted.ExpiresAt };
                return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), properties, Scheme.Name)));
            case PolicyAuthentication.Refused refused:
                refusals.TokenRefused(Context.SourceAddress(), refused.Reason);
                return Task.FromResult(AuthenticateResult.Fail(refused.Reason));
            case var other:
                throw new InvalidOperationException($"Unknown case {other.GetType().Name}.");
        }
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Refusals.ChallengeAsync(Context);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Refusals.ForbidAsync(Context);

    /// <summary>SignalR's clients set the word Bearer before whatever token they are given, and know no other way.</summary>
    private static string TokenInHeader(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return IsLiveHub(request) && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..] : header;
    }

    private static bool IsLiveHub(HttpRequest request) => request.Path.StartsWithSegments(ApiRoutes.LiveHub, StringComparison.OrdinalIgnoreCase);

    private static string? TokenInQuery(HttpRequest request) =>
        IsLiveHub(request) && request.Query["access_token"] is [{ Length: > 0 } token] ? token : null;

    /// <summary>The segments of the path; the first, a fixed word, in lower case, since the contract's paths know no case.</summary>
    private static string[] PathOf(HttpRequest request)
    {
        var segments = request.Path.Value?.Split('/', StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (segments.Length > 0)
            segments[0] = segments[0].ToLowerInvariant();
        return segments;
    }
}
