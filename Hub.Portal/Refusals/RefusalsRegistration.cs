namespace Hub.Portal.Refusals;

/// <summary>Registers the page of refused devices.</summary>
internal static class RefusalsRegistration
{
    public static IServiceCollection AddRefusals(this IServiceCollection services) => services.AddScoped<IRefusalsClient, RefusalsClient>();
}
