using System.Text.Json;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.Devices;

namespace Hub.Server.Protocols.Http;

/// <summary>The registry, up to a hundred devices at a time (wire contract, section 5.2). Each item stands for itself: one that fails stops no other.</summary>
internal static class BulkRegistryEndpoints
{
    public const int MaxItems = 100;

    /// <summary>What tells the .NET client that the body is a bulk result and not an error.</summary>
    private const string BulkErrorHeader = "IotHubErrorCode";
    private const int MaxBodyBytes = 1024 * 1024;

    public static void MapBulkRegistry(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/devices", ChangeAsync).RequireAuthorization(AccessPolicies.RegistryReadWrite);
        endpoints.MapOtherMethods("/devices", "GET, POST");
    }

    private static async Task<IResult> ChangeAsync(HttpContext context, DeviceRegistry registry, AuditTrail audit, CancellationToken cancellationToken)
    {
        var (items, unreadable) = await ContractRequest.ReadJsonAsync<BulkItemDocument?[]>(context.Request, MaxBodyBytes);
        if (items is null)
            return unreadable!;
        if (items.Length is 0 or > MaxItems)
        {
            return items.Length == 0
                ? new ContractError(ErrorCode.ArgumentInvalid, $"The body is an array of 1 to {MaxItems} devices.")
                : new ContractError(ErrorCode.TooManyDevices, $"At most {MaxItems} devices can be changed at once.");
        }

        var audited = new AuditedRegistry(registry, audit, context.ActorName(), context.SourceAddress());
        var outcomes = new ContractError?[items.Length];
        // All at once, so that they share the store's commits; those of one device one after the other, as they were written down.
        await Task.WhenAll(Enumerable.Range(0, items.Length).GroupBy(i => items[i]?.Id, StringComparer.Ordinal).Select(async ofOne =>
        {
            foreach (var i in ofOne)
                outcomes[i] = await ChangeOneAsync(items[i], audited, cancellationToken);
        }));
        var errors = items.Zip(outcomes)
            .Where(made => made.Second is not null)
            .Select(made => new BulkErrorDocument(made.First?.Id ?? string.Empty, made.First?.ModuleId, (int)made.Second!.Code, made.Second.Sentence))
            .ToList();
        if (errors.Count > 0)
        {
            context.Response.Headers[ContractError.HeaderName] = nameof(ErrorCode.BulkRegistryOperationFailure);
            context.Response.Headers[BulkErrorHeader] = nameof(ErrorCode.BulkRegistryOperationFailure);
        }

        return Results.Json(
            new BulkResultDocument(errors.Count == 0, errors, []),
            ContractJson.Options,
            statusCode: errors.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static async ValueTask<ContractError?> ChangeOneAsync(BulkItemDocument? item, AuditedRegistry audited, CancellationToken cancellationToken)
    {
        if (item is null || !DeviceId.TryParse(item.Id, out var id))
            return ContractRequest.InvalidDeviceId();
        if (item.ModuleId is not null)
            return new ContractError(ErrorCode.ArgumentInvalid, "This hub keeps no modules.");

        var mode = item.ImportMode?.ToUpperInvariant() ?? "CREATE";
        var etag = item.ETag is { Length: > 0 } given && given != "*" ? ContractRequest.Unquote(given) : null;
        if (mode.EndsWith("IFMATCHETAG", StringComparison.Ordinal) && etag is null)
            return new ContractError(ErrorCode.ArgumentNull, $"importMode {item.ImportMode} needs the etag of the device.");

        var change = new DeviceChange();
        if (mode is "CREATE" or "UPDATE" or "UPDATEIFMATCHETAG")
        {
            var (asked, fault) = DeviceDocumentMapper.ToChange(item.Status, item.StatusReason, item.Authentication);
            if (asked is null)
                return new ContractError(ErrorCode.ArgumentInvalid, fault!);
            if (!TryReadTags(item.Tags, out var tags))
                return new ContractError(ErrorCode.ArgumentInvalid, "tags is a flat object whose values are strings.");
            change = asked with { Tags = tags };
        }

        var registry = audited.Registry;
        (string Action, RegistryResult Result)? done = mode switch
        {
            "CREATE" => ("device.create", await registry.CreateAsync(id, change, cancellationToken)),
            "UPDATE" => ("device.update", await registry.UpdateAsync(id, change, null, cancellationToken)),
            "UPDATEIFMATCHETAG" => ("device.update", await registry.UpdateAsync(id, change, etag, cancellationToken)),
            "DELETE" => ("device.delete", await registry.DeleteAsync(id, null, cancellationToken)),
            "DELETEIFMATCHETAG" => ("device.delete", await registry.DeleteAsync(id, etag, cancellationToken)),
            _ => null,
        };
        if (done is not { } made)
            return new ContractError(ErrorCode.ArgumentInvalid, "importMode is create, update, updateIfMatchETag, delete or deleteIfMatchETag.");

        var error = RegistryEndpoints.ErrorFor(made.Result, id);
        await audited.Audit.RecordAsync(audited.Actor, audited.Source, made.Action, id.Value, error is null, error?.Sentence);
        return error;
    }

    /// <summary>The registry, and in whose name it is changed.</summary>
    private sealed record AuditedRegistry(DeviceRegistry Registry, AuditTrail Audit, string Actor, string? Source);

    private static bool TryReadTags(JsonElement given, out Dictionary<string, string>? tags)
    {
        tags = null;
        if (given.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return true;
        if (given.ValueKind != JsonValueKind.Object)
            return false;

        tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in given.EnumerateObject())
        {
            if (tag.Value.ValueKind != JsonValueKind.String)
                return false;
            tags[tag.Name] = tag.Value.GetString() ?? string.Empty;
        }

        return true;
    }
}
