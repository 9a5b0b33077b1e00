using System.Text.Json;

namespace Hub.Server.Protocols.Http;

/// <summary>How the wire contract's JSON is read and written.</summary>
internal static class ContractJson
{
    /// <summary>Deeper than any document of the contract, and shallow enough that depth costs nothing.</summary>
    public const int MaxDepth = 32;

    /// <summary>Names are read in any case: clients differ (<c>eTag</c>, <c>etag</c>).</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = MaxDepth,
        AllowDuplicateProperties = false,
    };

    public static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
}
