using Hub.Server.Security.Operators;
using Hub.Server.Security.Tls;
using Hub.Server.Security.Web;
using Hub.Shared.Security;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security;

/// <summary>
/// Registers the room. It needs from elsewhere: HubOptions, DeviceRegistry, and the stores behind ISharedAccessPolicyStore, IAuditLog
/// and IUserStore of Operator.
/// </summary>
internal static class SecurityRegistration
{
    /// <summary>The guide of the field for PBKDF2 with SHA-512.</summary>
    private const int PasswordIterations = 210_000;

    public static IServiceCollection AddSecurity(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<DeviceAttempts>().AddSingleton<DeviceAuthenticator>();
        services.AddSingleton<SharedAccessPolicies>().AddSingleton<PolicyAuthenticator>();
        services.AddSingleton<KeyFile>().AddSingleton<IKeyProtector, KeyProtector>();
        services.AddSingleton<AuditTrail>();
        services.AddOptions<AuditOptions>().Bind(configuration.GetSection(AuditOptions.Section)).ValidateSettings(AuditOptions.Section);
        services.AddHostedService<AuditRetention>();
        services.AddHostedService<SecurityStart>();
        return services.AddTls(configuration).AddOperators(configuration).AddAccess();
    }

    /// <summary>To be called before anything that answers, so that every answer has the headers.</summary>
    public static IApplicationBuilder UseHubSecurity(this IApplicationBuilder app)
    {
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<FailureAnswers>();
        app.UseMiddleware<FramingGuard>();
        app.UseAuthentication();
        app.UseMiddleware<CrossSiteGuard>();
        app.UseAuthorization();
        return app;
    }

    private static IServiceCollection AddTls(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TlsOptions>().Bind(configuration.GetSection(TlsOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TlsOptions>, TlsOptionsValidator>();
        services.AddSingleton<CertificateAuthority>().AddSingleton<ServerCertificate>();
        return services.AddHostedService<CertificateWatch>();
    }

    private static IServiceCollection AddOperators(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PortalOptions>().Bind(configuration.GetSection(PortalOptions.Section)).ValidateSettings(PortalOptions.Section);
        services.AddSingleton<IPasswordHasher<Operator>, PasswordHasher<Operator>>();
        services.Configure<PasswordHasherOptions>(options => options.IterationCount = PasswordIterations);
        services.AddIdentityCore<Operator>(options => PasswordRuleAttribute.Apply(options.Password));
        services.AddScoped<IUserClaimsPrincipalFactory<Operator>, OperatorPrincipals>();
        services.AddSingleton<SignInAttempts>().AddSingleton<SignInWork>().AddScoped<OperatorSignIn>();
        services.AddSingleton<SetUpLink>().AddSingleton<SetUpTurn>().AddScoped<OperatorAccounts>().AddScoped<OperatorEntrance>();
        services.AddSingleton<OperatorSessions>().AddSingleton<OperatorSessionWatch>();
        return services.AddHostedService(provider => provider.GetRequiredService<OperatorSessionWatch>());
    }

    private static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddSingleton<RefusedRequestLog>();
        services.AddDataProtection().SetApplicationName("hub");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>, CookieKeys>();
        services.AddAntiforgery();
        services.Configure<AntiforgeryOptions>(options =>
        {
            options.HeaderName = SessionInfo.AntiforgeryHeader;
            options.SuppressXFrameOptionsHeader = true;
            options.Cookie.Name = "hub-antiforgery";
            options.Cookie.Path = "/";
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
        services.AddSingleton<IConfigureOptions<CookieAuthenticationOptions>, OperatorCookie>();
        services.AddAuthentication(Schemes.Any)
            .AddPolicyScheme(Schemes.Any, null, options =>
                options.ForwardDefaultSelector = context => SignatureScheme.Judges(context) ? Schemes.Signature : Schemes.Cookie)
            .AddScheme<AuthenticationSchemeOptions, SignatureScheme>(Schemes.Signature, null)
            .AddCookie(Schemes.Cookie);
        var authorization = services.AddAuthorizationBuilder();
        foreach (var right in new[] { AccessPolicies.RegistryRead, AccessPolicies.RegistryReadWrite, AccessPolicies.ServiceConnect })
            authorization.AddPolicy(right, policy => policy.AddAuthenticationSchemes(Schemes.Any).RequireClaim(RightsClaims.Type, right));
        return services;
    }
}
