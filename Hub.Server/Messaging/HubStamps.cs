using System.Collections.Frozen;

namespace Hub.Server.Messaging;

/// <summary>
/// The names under which the hub's own stamps travel (wire contract, section 1.2). A sender's property of such a name is dropped
/// (decision 18): a consumer that looks for a stamp must never find what a device wrote.
/// </summary>
internal static class HubStamps
{
    private static readonly FrozenSet<string> Names = new[]
    {
        "iothub-enqueuedtime", "iothub-connection-device-id", "iothub-connection-module-id", "iothub-connection-auth-generation-id",
        "iothub-connection-auth-method", "iothub-message-source", "dt-dataschema", "x-opt-sequence-number", "x-opt-offset",
        "x-opt-enqueued-time",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool IsStamp(string name) => Names.Contains(name);
}
