using Hub.Server.Messaging.Sessions;
using Hub.Server.Operations;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.Operations;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hub.Server.Api;

/// <summary>The hub itself: its figures, what was done to it, and how to reach it.</summary>
internal static class HubEndpoints
{
    private static readonly QueryParameter[] AuditParameters =
    [
        new("limit", "integer", "How many at most: 1 to 1000; 100 when left out.", "100"),
        new("cursor", "string", "Where the page before ended, as it said in nextCursor."),
    ];

    public static void MapHubItself(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup(string.Empty).WithTags("Hub").WithApiGuard();
        group.MapGet(ApiRoutes.Overview, GetOverview).RequireAuthorization(AccessPolicies.ServiceConnect)
            .WithName("GetOverview").WithSummary("The hub's figures");
        group.MapGet(ApiRoutes.HubInfo, GetHubAsync).RequireAuthorization(AccessPolicies.RegistryRead)
            .WithName("GetHub").WithSummary("The hub as clients need to know it");
        group.MapGet(ApiRoutes.Refusals, ListRefusals).RequireAuthorization(AccessPolicies.RegistryRead)
            .WithName("ListRefusals").WithSummary("What this server refused of devices since its start, a line for each device and reason, the latest first")
            .WithDescription("At most 500 lines; when there are more, those longest without a new attempt are left out.");
        group.MapGet(ApiRoutes.Audit, ListAuditAsync).RequireAuthorization(AccessPolicies.RegistryReadWrite).WithMetadata([.. AuditParameters])
            .WithName("ListAudit").WithSummary("What operators and policies did, the newest first");
    }

    private static Ok<Overview> GetOverview(OverviewCollector overview) => TypedResults.Ok(overview.Current());

    private static Ok<Page<Refusal>> ListRefusals(DeviceRefusals refusals) => TypedResults.Ok(new Page<Refusal>(refusals.List(), null));

    private static async Task<Ok<HubInfo>> GetHubAsync(HubDescription hub, CancellationToken cancellationToken) =>
        TypedResults.Ok(await hub.ReadAsync(cancellationToken));

    private static async Task<Results<Ok<Page<AuditEntry>>, ProblemHttpResult>> ListAuditAsync(
        HttpRequest request, IAuditLog audit, CancellationToken cancellationToken)
    {
        var reader = new QueryReader(request, AuditParameters);
        var (limit, cursor) = (reader.Limit(), reader.Text("cursor", 4_096));
        if (reader.Fault is { } fault)
            return ApiProblem.Invalid(fault);
        try
        {
            return TypedResults.Ok(await audit.ListAsync(limit, cursor, cancellationToken));
        }
        catch (FormatException)
        {
            return ApiProblem.Invalid("The cursor is not one that this list gave.");
        }
    }
}
