namespace Hub.Server.Security;

/// <summary>The secrets at rest do not open, so the hub cannot start. The message is for the operator: what is wrong and how to mend it.</summary>
internal sealed class SecretsUnreadableException(string message, Exception inner) : Exception(message, inner);
