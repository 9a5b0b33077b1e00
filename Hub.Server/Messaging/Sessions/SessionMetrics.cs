using System.Diagnostics.Metrics;

namespace Hub.Server.Messaging.Sessions;

/// <summary>Counts connections for OpenTelemetry. Never with a device id as a label: there are too many. Singleton.</summary>
internal sealed class SessionMetrics
{
    public const string MeterName = "Hub.Messaging.Sessions";

    private readonly Counter<long> _connected;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _historyLost;

    public SessionMetrics(IMeterFactory meters, SessionTable sessions)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("hub.devices.connected", () => sessions.Count, "{device}", "Devices with a live connection.");
        _connected = meter.CreateCounter<long>("hub.connections.opened", "{connection}", "Connections of devices accepted.");
        _ended = meter.CreateCounter<long>("hub.connections.ended", "{connection}", "Connections of devices ended, by reason.");
        _refused = meter.CreateCounter<long>("hub.connections.refused", "{connection}", "Connections and requests of devices refused, and of peers that name one.");
        _historyLost = meter.CreateCounter<long>("hub.connections.history.lost", "{line}", "Lines of connection history left out under load.");
    }

    public void Connected() => _connected.Add(1);

    public void Ended(LinkCloseKind reason) => _ended.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    public void Refused() => _refused.Add(1);

    public void HistoryLost(int lines) => _historyLost.Add(lines);
}
