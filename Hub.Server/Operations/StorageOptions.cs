namespace Hub.Server.Operations;

/// <summary>How much room the hub leaves on its volume.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Hub:Storage";

    /// <summary>
    /// Free space under which ingest stops: bytes, or a number with KiB, MiB, GiB or TiB. Empty: the lesser of 256 MiB and 5 % of the
    /// volume.
    /// </summary>
    public string StopBelow { get; init; } = string.Empty;
}
