using Hub.Server.Security.Web;
using Hub.Shared.Api;

namespace Hub.Server.Protocols.Http;

/// <summary>How the endpoints of the wire contract are laid on the routes.</summary>
internal static class ContractEndpoints
{
    private static readonly string[] Roots = ["devices", "messages", "statistics", "twins", "jobs", "configurations", "modules"];

    /// <summary>The group that every endpoint of the contract belongs to.</summary>
    public static RouteGroupBuilder MapContract(this IEndpointRouteBuilder endpoints)
    {
        var contract = endpoints.MapGroup(string.Empty);
        // The filter keeps nothing of a request, and one serves all.
        contract.AddEndpointFilter(new ContractFilter(endpoints.ServiceProvider.GetRequiredService<ILogger<ContractFilter>>()));
        // Tools speak this interface, with tokens; the portal uses the hub's own API.
        contract.WithMetadata(new ContractRefusalWriter(), new SignatureOnly());
        contract.ExcludeFromDescription();
        return contract;
    }

    /// <summary>Answers a path's other methods in the contract's form.</summary>
    public static void MapOtherMethods(this IEndpointRouteBuilder endpoints, string pattern, string allowed) =>
        endpoints.Map(pattern, (HttpContext context) =>
        {
            context.Response.Headers.Allow = allowed;
            return new ContractError(ErrorCode.MethodNotAllowed, $"This path takes {allowed}.");
        }).AllowAnonymous();

    /// <summary>Answers paths under the contract's roots that this hub does not serve.</summary>
    public static void MapUnknownPaths(this IEndpointRouteBuilder endpoints)
    {
        foreach (var root in Roots)
            endpoints.Map($"/{root}/{{**rest}}", NotFound).AllowAnonymous();
    }

    private static ContractError NotFound() => new(ErrorCode.GenericNotFound, "This hub serves nothing at this path.");
}
