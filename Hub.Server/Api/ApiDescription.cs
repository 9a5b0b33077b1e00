using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Hub.Server.Operations;
using Hub.Server.Security;
using Hub.Server.Security.Web;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Hub.Server.Api;

/// <summary>The API's description in OpenAPI, and a page to read and try it. Both ask for a sign-in outside the machine.</summary>
internal static class ApiDescription
{
    public const string DocumentPath = "/openapi/v1.json";
    public const string PagePath = "/docs";
    private const string Document = "v1";
    private const string Scheme = "SharedAccessSignature";

    private static readonly string[] TagOrder = ["Devices", "Telemetry", "Cloud to device", "Dead letters"];

    /// <summary>In <c>HttpContext.Items</c>: what the page's own inline script is known by.</summary>
    private const string NonceKey = "hub.docs.nonce";

    /// <summary>The page has no option for the maker's own link.</summary>
    private const string NoLinksAway = "a[href*='scalar.com'] { display: none !important; }";

    public static void AddApiDescription(this IServiceCollection services) => services.AddOpenApi(Document, options =>
    {
        options.ShouldInclude = description => description.RelativePath?.StartsWith("api/v1", StringComparison.OrdinalIgnoreCase) == true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            DescribeParameters(operation, context.Description.ActionDescriptor.EndpointMetadata);
            return Task.CompletedTask;
        });
    });

    public static void MapApiDescription(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapOpenApi("/openapi/{documentName}.json").RequireAuthorizationOutsideLoopback(AccessPolicies.RegistryRead);
        endpoints.MapScalarApiReference(PagePath, (options, context) =>
            {
                var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
                context.Items[NonceKey] = nonce;
                // Everything comes from the package: no content network, no fonts, no assistant, no telemetry of others; and nothing leads
                // to its maker, whose tools would take the API's description with them.
                options.WithTitle("Hub API").WithNonce(nonce).WithOpenApiRoutePattern(DocumentPath)
                    .DisableDefaultFonts().DisableAgent().DisableMcp().DisableTelemetry().HideClientButton()
                    .HideDeveloperTools().WithDotNetFlag(false).WithCustomCss(NoLinksAway);
            })
            .WithMetadata(new ContentPolicyMetadata(PolicyOfPage))
            .RequireAuthorizationOutsideLoopback(AccessPolicies.RegistryRead);
    }

    /// <summary>The common policy, with the page's one inline script let in by a number that nobody else can know.</summary>
    private static string? PolicyOfPage(HttpContext context) => context.Items[NonceKey] is string nonce
        ? SecurityHeaders.ContentPolicy.Replace("script-src 'self'", $"script-src 'self' 'nonce-{nonce}'", StringComparison.Ordinal)
        : null;

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Hub API",
            Version = Document,
            Description = "Devices, their telemetry, messages to them, and the hub itself. Errors are application/problem+json with an errorCode. "
                + "Lists page by limit and cursor. 64-bit numbers are strings. Times are UTC.",
        };
        // In the order in which a reader meets them, not in that of their paths.
        var tags = document.Tags?.ToDictionary(tag => tag.Name ?? string.Empty, StringComparer.Ordinal) ?? [];
        document.Tags = new HashSet<OpenApiTag>([.. TagOrder.Where(tags.ContainsKey).Select(name => tags[name]), .. tags.Values.Where(tag => !TagOrder.Contains(tag.Name))]);
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = "Authorization",
            Description = "SharedAccessSignature sr=...&sig=...&se=...&skn=... of a shared access policy. The portal's cookie holds too.",
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
    }

    private static void DescribeParameters(OpenApiOperation operation, IList<object> metadata)
    {
        foreach (var parameter in metadata.OfType<QueryParameter>())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = parameter.Name,
                In = ParameterLocation.Query,
                Description = parameter.Description,
                Example = parameter.Example is null ? null : JsonValue.Create(parameter.Example),
                Schema = new OpenApiSchema { Type = TypeOf(parameter.Type) },
            });
        }
    }

    private static JsonSchemaType TypeOf(string type) => type switch
    {
        "integer" => JsonSchemaType.Integer,
        "boolean" => JsonSchemaType.Boolean,
        _ => JsonSchemaType.String,
    };
}
