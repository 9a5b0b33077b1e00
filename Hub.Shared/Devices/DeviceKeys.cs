namespace Hub.Shared.Devices;

/// <summary>The secrets of a device, given out only on demand and only to those who may change the registry.</summary>
/// <param name="PrimaryKey">The first symmetric key, base64.</param>
/// <param name="SecondaryKey">The second symmetric key, base64.</param>
/// <param name="ConnectionString">What a device client takes, made with the first key.</param>
public sealed record DeviceKeys(string PrimaryKey, string SecondaryKey, string ConnectionString)
{
    /// <summary>Keeps the keys out of logs and messages.</summary>
    public override string ToString() => "DeviceKeys";
}

/// <summary>Which of a pair of keys or thumbprints is meant.</summary>
public enum KeySlot
{
    /// <summary>The first.</summary>
    Primary,

    /// <summary>The second.</summary>
    Secondary,
}

/// <summary>A request for a token with which a device, or a script that plays it, can connect.</summary>
/// <param name="TimeToLive">How long the token holds: from a minute to 365 days.</param>
public sealed record DeviceTokenRequest(TimeSpan TimeToLive);

/// <summary>A fresh token of a device.</summary>
/// <param name="Token">The shared access signature.</param>
/// <param name="ExpiresAt">When it ends.</param>
public sealed record DeviceToken(string Token, DateTimeOffset ExpiresAt)
{
    /// <summary>Keeps the token out of logs and messages.</summary>
    public override string ToString() => "DeviceToken";
}
