namespace Hub.Server.Messaging;

/// <summary>Where doors say whether they are open, so that health and the portal can tell. Implemented in Operations.</summary>
internal interface IDoorReport
{
    /// <summary>A door opened, or (<paramref name="open"/> false) closed.</summary>
    /// <param name="protocol">The scheme, such as <c>mqtts</c>.</param>
    /// <param name="address">The address it is bound to.</param>
    /// <param name="port">The port, the real one where 0 was configured.</param>
    /// <param name="open">Whether it takes connections.</param>
    void Report(string protocol, string address, int port, bool open);
}
