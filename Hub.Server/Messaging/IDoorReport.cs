namespace Hub.Server.Messaging;

/// <summary>Where doors say that they are open, so that health and the portal can tell. Implemented in Operations.</summary>
internal interface IDoorReport
{
    /// <summary>A door opened. It stays open until the hub stops.</summary>
    /// <param name="protocol">The scheme, such as <c>mqtts</c>.</param>
    /// <param name="address">The address it is bound to.</param>
    /// <param name="port">The port, the real one where 0 was configured.</param>
    void ReportOpen(string protocol, string address, int port);
}
