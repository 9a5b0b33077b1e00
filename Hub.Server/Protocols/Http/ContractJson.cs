using System.Text.Encodings.Web;
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
        // A key in base64 reads as it is (+, not \u002B). Safe, since no answer is taken for a page: it is JSON, and nosniff says so.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
}
