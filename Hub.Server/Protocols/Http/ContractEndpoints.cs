using Hub.Server.Security.Web;
using Hub.Shared.Api;

namespace Hub.Server.Protocols.Http;

/// <summary>How the endpoints of the wire contract are laid on the routes.</summary>
internal static class ContractEndpoints
{
    private static readonly string[] Roots = ["devices", "messages", "statistics"];

    /// <summary>What the contract has and this hub has not: said as such, since clients take 404 for a device that is not there.</summary>
    private static readonly (string Path, string Sentence)[] NotBuilt =
    [
        ("/twins/{**rest}", "This hub has no device twins and no direct methods yet."),
        ("/digitaltwins/{**rest}", "This hub has no digital twins."),
        ("/jobs/{**rest}", "This hub has no jobs."),
        ("/configurations/{**rest}", "This hub has no device configurations."),
        ("/devices/{id}/modules/{**rest}", "This hub has no modules."),
        ("/devices/{id}/files/{**rest}", "This hub has no file upload."),
        ("/messages/devicebound/{**rest}", "Messages are sent to devices over AMQP, which this hub does not speak yet, or by POST /api/v1/devices/{id}/c2d."),
        ("/messages/serviceBound/{**rest}", "This hub has no file upload, its only path here is /messages/serviceBound/feedback."),
    ];

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
            endpoints.Map($"/{root}/{{**rest}}", () => new ContractError(ErrorCode.GenericNotFound, "This hub serves nothing at this path.")).AllowAnonymous();
        foreach (var (path, sentence) in NotBuilt)
            endpoints.Map(path, () => new ContractError(ErrorCode.NotImplemented, sentence)).AllowAnonymous();
    }
}
