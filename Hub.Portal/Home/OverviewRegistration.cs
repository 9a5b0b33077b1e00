namespace Hub.Portal.Home;

/// <summary>Registers the overview.</summary>
internal static class OverviewRegistration
{
    public static IServiceCollection AddOverview(this IServiceCollection services) => services.AddScoped<IOverviewClient, OverviewClient>();
}
