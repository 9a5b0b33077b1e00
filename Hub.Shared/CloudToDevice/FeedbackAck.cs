using System.Text.Json.Serialization;

namespace Hub.Shared.CloudToDevice;

/// <summary>Of which outcomes a sender wants feedback (wire contract, section 2.5).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FeedbackAck>))]
public enum FeedbackAck
{
    /// <summary>Of none.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>Only when it is completed.</summary>
    [JsonStringEnumMemberName("positive")]
    Positive,

    /// <summary>Only when it is dead-lettered.</summary>
    [JsonStringEnumMemberName("negative")]
    Negative,

    /// <summary>Of every outcome.</summary>
    [JsonStringEnumMemberName("full")]
    Full,
}
