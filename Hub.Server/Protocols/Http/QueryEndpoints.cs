using System.Globalization;
using System.Text.RegularExpressions;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.Devices;

namespace Hub.Server.Protocols.Http;

/// <summary>The one query that this hub answers over the wire contract: all devices, page by page.</summary>
internal static partial class QueryEndpoints
{
    private const string Path = "/devices/query";
    private const string PageSizeHeader = "x-ms-max-item-count";
    private const string ContinuationHeader = "x-ms-continuation";
    private const string ItemTypeHeader = "x-ms-item-type";
    private const int DefaultPageSize = 100;
    private const int MaxBodyBytes = 16 * 1024;

    public static void MapQuery(this IEndpointRouteBuilder endpoints) =>
        // A device may be called "query": the path's other methods are that device's.
        endpoints.MapPost(Path, QueryAsync).RequireAuthorization(AccessPolicies.RegistryRead);

    private static async Task<IResult> QueryAsync(HttpContext context, DeviceRegistry registry, SessionTable sessions, CancellationToken cancellationToken)
    {
        var (document, unreadable) = await ContractRequest.ReadJsonAsync<QueryDocument>(context.Request, MaxBodyBytes);
        if (document is null)
            return unreadable!;
        if (document.Query is null || !AllDevices().IsMatch(document.Query))
            return new ContractError(ErrorCode.ArgumentInvalid, "This hub answers the query SELECT * FROM devices only.");

        var limit = DefaultPageSize;
        if (context.Request.Headers.TryGetValue(PageSizeHeader, out var size))
        {
            if (!long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) || asked < 1)
                return new ContractError(ErrorCode.ArgumentInvalid, $"{PageSizeHeader} is a number from 1 to {RegistryEndpoints.MaxListed}.");
            limit = (int)Math.Min(asked, RegistryEndpoints.MaxListed);
        }

        var continuation = context.Request.Headers[ContinuationHeader].ToString();
        DeviceListPage page;
        try
        {
            page = await registry.ListAsync(
                new DeviceQuery { Limit = limit, Cursor = continuation.Length == 0 ? null : continuation }, cancellationToken);
        }
        catch (FormatException)
        {
            return new ContractError(ErrorCode.ArgumentInvalid, $"{ContinuationHeader} is not one that this query gave.");
        }

        context.Response.Headers[ItemTypeHeader] = "twin";
        if (page.NextCursor is { } next)
            context.Response.Headers[ContinuationHeader] = next;
        return Results.Json(page.Items.Select(device => DeviceDocumentMapper.ToQueryItem(device, sessions)).ToArray(), ContractJson.Options);
    }

    [GeneratedRegex(@"^\s*SELECT\s+\*\s+FROM\s+devices\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex AllDevices();
}
