using System.Text.Encodings.Web;
using System.Text.Json.Serialization;

namespace Hub.Server.Api;

/// <summary>Registers the hub's own API.</summary>
internal static class ApiRegistration
{
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options =>
        {
            // A misspelt field, a field given twice and absurd nesting are told, not passed over.
            options.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            options.SerializerOptions.AllowDuplicateProperties = false;
            options.SerializerOptions.MaxDepth = 32;
            // Keys and texts read as they are (+, not \u002B). Safe, since no answer is taken for a page: it is JSON, and nosniff says so.
            options.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });
        // The guard turns what cannot be bound into a sentence; otherwise the answer would be empty.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddSingleton<BatchReader>();
        services.AddApiDescription();
        return services;
    }

    public static IEndpointRouteBuilder MapApi(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapDevices();
        endpoints.MapTelemetry();
        endpoints.MapDeviceBound();
        endpoints.MapDeviceBoundStreams();
        endpoints.MapDeviceQueue();
        endpoints.MapDeadLetters();
        endpoints.MapDeadLetterGroups();
        endpoints.MapBatches();
        endpoints.MapHubItself();
        endpoints.MapApiDescription();
        return endpoints;
    }
}
