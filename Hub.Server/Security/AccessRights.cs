namespace Hub.Server.Security;

/// <summary>What a shared access policy allows (wire contract, section 4).</summary>
[Flags]
internal enum AccessRights
{
    None = 0,

    /// <summary>See the registry.</summary>
    RegistryRead = 1,

    /// <summary>Change the registry; implies <see cref="RegistryRead"/>.</summary>
    RegistryReadWrite = 2 | RegistryRead,

    /// <summary>Read telemetry, send to devices, receive feedback.</summary>
    ServiceConnect = 4,

    /// <summary>Speak for any device.</summary>
    DeviceConnect = 8,
}
