namespace Hub.Portal.Activity;

/// <summary>Registers the activity page.</summary>
internal static class ActivityRegistration
{
    public static IServiceCollection AddActivity(this IServiceCollection services) => services.AddScoped<IActivityClient, ActivityClient>();
}
