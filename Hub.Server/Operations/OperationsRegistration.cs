using System.Diagnostics.Metrics;
using Hub.Server.Messaging;
using Hub.Server.Registry;
using Hub.Server.Security;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Hub.Server.Operations;

/// <summary>Registers what operators watch the hub with.</summary>
internal static class OperationsRegistration
{
    public const string MetricsPath = "/metrics";

    /// <summary>The standard variable (OpenTelemetry's specification of the OTLP exporter); set, it means that the exporter is wanted.</summary>
    private const string OtlpVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// How many combinations of labels a metric may have, and has room set aside for. Two thousand when left alone, which for all metrics
    /// of the process is ten megabytes; only those of HTTP, which have paths and status codes, come near.
    /// </summary>
    private const int Combinations = 100;
    private const int HttpCombinations = 1_000;

    public static IServiceCollection AddOperations(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<DoorReport>();
        services.AddSingleton<IDoorReport>(provider => provider.GetRequiredService<DoorReport>());
        services.AddSingleton(provider => new DiskSpace(provider.GetRequiredService<IOptions<HubOptions>>().Value.FullDataDirectory));
        services.AddSingleton<StorageFigures>();
        services.AddSingleton<HubDescription>();
        services.AddSingleton<OverviewCollector>();
        services.AddHostedService(provider => provider.GetRequiredService<OverviewCollector>());
        services.AddHostedService<LogMetrics>();
        // One instance each, so that they remember what they have seen.
        services.AddSingleton<StoreHealthCheck>();
        services.AddSingleton<ClockHealthCheck>();
        services.AddSingleton<AuditWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditWatch>());
        services.AddSingleton<HealthLog>();
        // The framework writes an error for each answer; HealthLog writes what changed.
        services.AddLogging(logging => logging.AddFilter(HealthLog.FrameworkCategory, LogLevel.None));
        services.AddHealthChecks()
            .AddCheck<AuditWatch>(AuditWatch.Name)
            .AddCheck<ClockHealthCheck>(ClockHealthCheck.Name)
            .AddCheck<StoreHealthCheck>(StoreHealthCheck.Name)
            .AddCheck<DoorsHealthCheck>(DoorsHealthCheck.Name);
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("hub", serviceVersion: HubVersion.Text))
            .WithMetrics(AddMetrics);
        // Spans are made only where somebody takes them.
        if (!string.IsNullOrEmpty(configuration[OtlpVariable]))
        {
            telemetry
                .WithMetrics(metrics => metrics.AddOtlpExporter())
                .WithTracing(tracing => tracing.AddSource("Hub.*")
                    .AddAspNetCoreInstrumentation(requests => requests.Filter = request => !IsOfWatchers(request.Request.Path)).AddOtlpExporter());
        }

        return services;
    }

    public static IEndpointRouteBuilder MapOperations(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealth();
        endpoints.MapPrometheusScrapingEndpoint(MetricsPath).RequireAuthorizationOutsideLoopback(AccessPolicies.ServiceConnect);
        return endpoints;
    }

    /// <summary>Whoever watches asks every few seconds: their requests would bury those of others.</summary>
    private static bool IsOfWatchers(PathString path) => path.StartsWithSegments("/health") || path.StartsWithSegments(MetricsPath);

    private static void AddMetrics(MeterProviderBuilder metrics) =>
        // Every room counts with a meter of its own, whose name is the room's.
        metrics.AddMeter("Hub.*").AddAspNetCoreInstrumentation().AddRuntimeInstrumentation().AddPrometheusExporter()
            .ConfigureServices(services => services.ConfigureOpenTelemetryMeterProvider((provider, own) => AddViews(own, provider.GetRequiredService<IMeterFactory>())));

    /// <summary>
    /// OpenTelemetry hears every meter of the process. Where that holds more than one hub, as a test's does, each shows its own figures and
    /// what belongs to the process as a whole.
    /// </summary>
    private static void AddViews(MeterProviderBuilder metrics, IMeterFactory meters) => metrics.AddView(instrument =>
        instrument.Meter.Scope is IMeterFactory factory && factory != meters
            ? MetricStreamConfiguration.Drop
            : new MetricStreamConfiguration
            {
                CardinalityLimit = instrument.Meter.Name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) ? HttpCombinations : Combinations,
            });
}
