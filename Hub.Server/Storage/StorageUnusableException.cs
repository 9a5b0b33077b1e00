namespace Hub.Server.Storage;

/// <summary>The hub cannot keep its data where it was told to. The message is one sentence for the operator: what is wrong and how to mend it.</summary>
internal sealed class StorageUnusableException : Exception
{
    public StorageUnusableException(string message)
        : base(message)
    {
    }

    public StorageUnusableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
