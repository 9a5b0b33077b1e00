using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Hub.Shared.Operations;
using Hub.Shared.Security;

namespace Hub.Portal.Api;

/// <summary>Every contract that crosses the wire. Generated code, since trimming takes away what reflection would look for.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(Page<AuditEntry>))]
[JsonSerializable(typeof(Page<ConnectionHistoryEntry>))]
[JsonSerializable(typeof(Page<Refusal>))]
[JsonSerializable(typeof(Page<TelemetryItem>))]
[JsonSerializable(typeof(DeviceChange))]
[JsonSerializable(typeof(DeviceDetails))]
[JsonSerializable(typeof(DeviceKeys))]
[JsonSerializable(typeof(DevicePage))]
[JsonSerializable(typeof(DeviceToken))]
[JsonSerializable(typeof(DeviceTokenRequest))]
[JsonSerializable(typeof(HubInfo))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(LiveBatch<TelemetryItem>))]
[JsonSerializable(typeof(Overview))]
[JsonSerializable(typeof(SessionInfo))]
[JsonSerializable(typeof(SetUpRequest))]
[JsonSerializable(typeof(SignInRequest))]
[JsonSerializable(typeof(TelemetryFilter))]
[JsonSerializable(typeof(TelemetryItem))]
[JsonSerializable(typeof(bool))]
internal sealed partial class PortalJson : JsonSerializerContext;
