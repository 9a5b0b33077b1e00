namespace Hub.Server;

/// <summary>The ranges of log event ids: a hundred for each room, so that an id found in a log leads to its room.</summary>
internal static class EventIds
{
    public const int Application = 1000;
    public const int Registry = 1100;
    public const int Security = 1200;
    public const int Messaging = 1300;
    public const int Sessions = 1400;
    public const int DeviceToCloud = 1500;
    public const int Mqtt = 1600;
    public const int Http = 1700;
    public const int WebSockets = 1800;
    public const int Storage = 1900;
    public const int Streaming = 2000;
    public const int Api = 2100;
    public const int Operations = 2200;
    public const int CloudToDevice = 2300;
}
