namespace Hub.Shared.CloudToDevice;

/// <summary>What a purge did.</summary>
/// <param name="Purged">How many messages are gone.</param>
public sealed record PurgeResult(int Purged);
