using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security.Operators;

/// <summary>
/// How an operator's session travels: unreadable to scripts, never sent by other sites, ended by 30 idle minutes. Only asking who one is
/// prolongs it, which the portal does when a person does something: a page that asks for news by itself would keep a session for ever.
/// </summary>
internal sealed class OperatorCookie(OperatorSessions sessions) : IConfigureNamedOptions<CookieAuthenticationOptions>
{
    public const string Name = "hub-session";

    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    public void Configure(CookieAuthenticationOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, CookieAuthenticationOptions options)
    {
        if (name != Schemes.Cookie)
            return;
        options.Cookie.Name = Name;
        options.Cookie.Path = "/";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.CookieManager = new HostPrefixedCookies();
        options.ExpireTimeSpan = Idle;
        options.SlidingExpiration = true;
        options.Events.OnRedirectToLogin = context => Refusals.ChallengeAsync(context.HttpContext);
        options.Events.OnRedirectToAccessDenied = context => Refusals.ForbidAsync(context.HttpContext);
        options.Events.OnValidatePrincipal = sessions.ValidateAsync;
        options.Events.OnCheckSlidingExpiration = context =>
        {
            context.ShouldRenew = HttpMethods.IsGet(context.Request.Method) && context.Request.Path == ApiRoutes.Session;
            return Task.CompletedTask;
        };
    }

    /// <summary>
    /// Over TLS the name carries the prefix with which browsers refuse the cookie from any other host, path or plain connection; the
    /// plain loopback door cannot use it. Each door reads its own name only, so that neither takes the other's cookie.
    /// </summary>
    private sealed class HostPrefixedCookies : ICookieManager
    {
        private readonly ChunkingCookieManager _cookies = new();

        public string? GetRequestCookie(HttpContext context, string key) => _cookies.GetRequestCookie(context, NameFor(context, key));

        public void AppendResponseCookie(HttpContext context, string key, string? value, CookieOptions options) =>
            _cookies.AppendResponseCookie(context, NameFor(context, key), value, options);

        public void DeleteCookie(HttpContext context, string key, CookieOptions options) =>
            _cookies.DeleteCookie(context, NameFor(context, key), options);

        private static string NameFor(HttpContext context, string key) => context.Request.IsHttps ? $"__Host-{key}" : key;
    }
}
