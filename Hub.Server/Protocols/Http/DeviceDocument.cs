using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hub.Server.Protocols.Http;

/// <summary>A device as the wire contract's REST shows and takes it (section 5.2).</summary>
internal sealed record DeviceDocument
{
    public string? DeviceId { get; init; }

    public string? GenerationId { get; init; }

    public string? Etag { get; init; }

    public string? ConnectionState { get; init; }

    public string? Status { get; init; }

    public string? StatusReason { get; init; }

    public string? ConnectionStateUpdatedTime { get; init; }

    public string? StatusUpdatedTime { get; init; }

    public string? LastActivityTime { get; init; }

    public int CloudToDeviceMessageCount { get; init; }

    public AuthenticationDocument? Authentication { get; init; }

    public CapabilitiesDocument? Capabilities { get; init; }

    /// <summary>Keeps the keys out of logs and messages.</summary>
    public override string ToString() => nameof(DeviceDocument);
}

/// <summary>How the device proves who it is.</summary>
internal sealed record AuthenticationDocument
{
    public SymmetricKeyDocument? SymmetricKey { get; init; }

    public ThumbprintDocument? X509Thumbprint { get; init; }

    public string? Type { get; init; }

    public override string ToString() => nameof(AuthenticationDocument);
}

internal sealed record SymmetricKeyDocument(string? PrimaryKey, string? SecondaryKey)
{
    public override string ToString() => nameof(SymmetricKeyDocument);
}

internal sealed record ThumbprintDocument(string? PrimaryThumbprint, string? SecondaryThumbprint);

internal sealed record CapabilitiesDocument(bool IotEdge);

/// <summary>One item of a bulk change.</summary>
internal sealed record BulkItemDocument
{
    public string? Id { get; init; }

    public string? ImportMode { get; init; }

    /// <summary>Read in any case: clients write <c>eTag</c> and <c>etag</c>.</summary>
    public string? ETag { get; init; }

    public string? ModuleId { get; init; }

    public string? Status { get; init; }

    public string? StatusReason { get; init; }

    public AuthenticationDocument? Authentication { get; init; }

    public JsonElement Tags { get; init; }

    public override string ToString() => nameof(BulkItemDocument);
}

/// <summary>What became of a bulk change.</summary>
internal sealed record BulkResultDocument(bool IsSuccessful, IReadOnlyList<BulkErrorDocument> Errors, IReadOnlyList<BulkErrorDocument> Warnings);

/// <summary>What was wrong with one item.</summary>
internal sealed record BulkErrorDocument(string DeviceId, string? ModuleId, int ErrorCode, string ErrorStatus);

/// <summary>A device as a query answers it. Twins are not kept yet, so it holds the registry's part only.</summary>
internal sealed record QueryItemDocument
{
    public required string DeviceId { get; init; }

    public required string Etag { get; init; }

    public required string DeviceEtag { get; init; }

    public required string? Status { get; init; }

    public required string? StatusReason { get; init; }

    public required string? StatusUpdateTime { get; init; }

    public required string? ConnectionState { get; init; }

    public required string? LastActivityTime { get; init; }

    public required int CloudToDeviceMessageCount { get; init; }

    public required string? AuthenticationType { get; init; }

    public required ThumbprintDocument? X509Thumbprint { get; init; }

    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    public required CapabilitiesDocument Capabilities { get; init; }
}

/// <summary>The body of a query.</summary>
internal sealed record QueryDocument([property: JsonRequired] string? Query);
