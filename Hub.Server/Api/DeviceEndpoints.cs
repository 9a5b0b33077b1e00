using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace Hub.Server.Api;

/// <summary>The registry, with presence: <c>/api/v1/devices</c>.</summary>
internal static class DeviceEndpoints
{
    private static readonly QueryParameter[] ListParameters =
    [
        new("q", "string", "Text that the id, a tag's name or a tag's value contains, without case.", "pump"),
        new("status", "string", "Only devices that are enabled or disabled.", "enabled"),
        new("connected", "boolean", "Only devices that are connected (true) or not (false).", "true"),
        new("tag", "string", "Only devices with this tag: name or name=value.", "site=north"),
        new("sort", "string", "id, lastActivity or created.", "id"),
        new("desc", "boolean", "From the greatest to the least.", "false"),
        new("limit", "integer", "How many at most: 1 to 1000; 100 when left out.", "100"),
        new("cursor", "string", "Where the page before ended, as it said in nextCursor."),
    ];

    public static void MapDevices(this IEndpointRouteBuilder endpoints)
    {
        var read = endpoints.MapGroup(ApiRoutes.Devices).WithTags("Devices").WithApiGuard().RequireAuthorization(AccessPolicies.RegistryRead);
        read.MapGet("/", ListAsync).WithName("ListDevices").WithSummary("List devices").WithMetadata([.. ListParameters]);
        read.MapGet("/{id}", GetAsync).WithName("GetDevice").WithSummary("Get a device");
        read.MapGet("/{id}/connections", ListConnectionsAsync).WithName("ListDeviceConnections").WithSummary("The last connections of a device, the newest first");

        var write = endpoints.MapGroup(ApiRoutes.Devices).WithTags("Devices").WithApiGuard().RequireAuthorization(AccessPolicies.RegistryReadWrite);
        write.MapPut("/{id}", PutAsync).WithName("PutDevice").WithSummary("Create a device, or with If-Match update it");
        write.MapDelete("/{id}", DeleteAsync).WithName("DeleteDevice").WithSummary("Delete a device with all that belongs to it");
        write.MapDeviceSecrets();
    }

    private static async Task<Results<Ok<DevicePage>, ProblemHttpResult>> ListAsync(
        HttpRequest request, DeviceRegistry registry, SessionTable sessions, CancellationToken cancellationToken)
    {
        var (query, fault) = ReadQuery(request);
        if (fault is not null)
            return ApiProblem.Invalid(fault);
        try
        {
            var page = await registry.ListAsync(query, cancellationToken);
            DeviceDetails[] items = [.. page.Items.Select(device => device.ToDetails(sessions))];
            return TypedResults.Ok(new DevicePage { Items = items, NextCursor = page.NextCursor, TotalCount = page.TotalCount });
        }
        catch (FormatException)
        {
            return ApiProblem.Invalid("The cursor is not one that this list gave for the same question.");
        }
    }

    private static async Task<Results<Ok<DeviceDetails>, ProblemHttpResult>> GetAsync(
        DeviceId id, HttpResponse response, DeviceRegistry registry, SessionTable sessions, CancellationToken cancellationToken) =>
        await registry.FindAsync(id, cancellationToken) is { } device
            ? TypedResults.Ok(WithETag(response, device).ToDetails(sessions))
            : ApiProblem.DeviceNotFound(id);

    private static async Task<Results<Ok<Page<ConnectionHistoryEntry>>, ProblemHttpResult>> ListConnectionsAsync(
        DeviceId id, DeviceRegistry registry, IConnectionHistoryStore history, CancellationToken cancellationToken) =>
        await registry.FindAsync(id, cancellationToken) is null
            ? ApiProblem.DeviceNotFound(id)
            : TypedResults.Ok(new Page<ConnectionHistoryEntry>(await history.ListAsync(id, cancellationToken), null));

    private static async Task<Results<Ok<DeviceDetails>, Created<DeviceDetails>, ProblemHttpResult>> PutAsync(
        DeviceId id, [FromBody] DeviceChange change, HttpContext context, DeviceRegistry registry, SessionTable sessions, CancellationToken cancellationToken)
    {
        if (ReadIfMatch(context.Request) is not { } condition)
            return ApiProblem.Invalid(IfMatchRule);
        var creates = !condition.Given;
        var result = creates
            ? await registry.CreateAsync(id, change, cancellationToken)
            : await registry.UpdateAsync(id, change, condition.ETag, cancellationToken);
        await context.AuditAsync(
            creates ? "device.create" : "device.update", id.Value, result is RegistryResult.Done, result.FaultFor(id)?.Sentence ?? DeviceMapper.Describe(change));
        if (result is not RegistryResult.Done done)
            return ApiProblem.Of(result, id);
        var details = WithETag(context.Response, done.Device).ToDetails(sessions);
        return creates ? TypedResults.Created(ApiRoutes.Device(id), details) : TypedResults.Ok(details);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        DeviceId id, HttpContext context, DeviceRegistry registry, CancellationToken cancellationToken)
    {
        if (ReadIfMatch(context.Request) is not { } condition)
            return ApiProblem.Invalid(IfMatchRule);
        var result = await registry.DeleteAsync(id, condition.ETag, cancellationToken);
        await context.AuditAsync("device.delete", id.Value, result is RegistryResult.Done, result.FaultFor(id)?.Sentence);
        return result is RegistryResult.Done ? TypedResults.NoContent() : ApiProblem.Of(result, id);
    }

    private static (DeviceQuery Query, string? Fault) ReadQuery(HttpRequest request)
    {
        var reader = new QueryReader(request, ListParameters);
        var query = new DeviceQuery
        {
            Q = reader.Text("q"),
            Status = reader.Choice<DeviceStatus?>("status", [("enabled", DeviceStatus.Enabled), ("disabled", DeviceStatus.Disabled)]),
            Connected = reader.Truth("connected"),
            Tag = reader.Text("tag", DeviceRules.MaxTagName + 1 + DeviceRules.MaxTagValue),
            Sort = reader.Choice("sort", [("id", DeviceSort.Id), ("lastActivity", DeviceSort.LastActivity), ("created", DeviceSort.Created)]),
            Desc = reader.Truth("desc") ?? false,
            Limit = reader.Limit(),
            Cursor = reader.Text("cursor", 4_096),
        };
        return (query, reader.Fault);
    }

    private const string IfMatchRule = "If-Match is one etag in quotes, or *.";

    /// <summary>Null when the header breaks its rule; without an etag when it is absent or <c>*</c>.</summary>
    private static (bool Given, string? ETag)? ReadIfMatch(HttpRequest request)
    {
        var header = request.Headers.IfMatch;
        if (header.Count == 0)
            return (false, null);
        var text = header.ToString().Trim();
        if (text == "*")
            return (true, null);
        // Clients of Azure send the etag without its quotes too; a list of etags, or a weak one, has no meaning here.
        var etag = text.Length > 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text;
        return header.Count > 1 || etag.Length == 0 || etag.AsSpan().ContainsAny('"', ',', ' ') ? null : (true, etag);
    }

    private static Device WithETag(HttpResponse response, Device device)
    {
        response.Headers[HeaderNames.ETag] = $"\"{device.ETag}\"";
        return device;
    }
}
