namespace Hub.Server;

/// <summary>The hub cannot start; the message is one sentence for whoever starts it, naming the key and the mend.</summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
