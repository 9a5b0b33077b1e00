using Hub.Shared.Operations;

namespace Hub.Portal.Streaming;

/// <summary>The one connection to the live hub, shared by all pages. It comes back by itself.</summary>
public interface ILiveConnection
{
    /// <summary>How it fares.</summary>
    LiveConnectionState State { get; }

    /// <summary>Raised after <see cref="State"/> changed.</summary>
    event Action? StateChanged;

    /// <summary>Opens it, unless it is open or being opened; returns at once, <see cref="State"/> tells the rest.</summary>
    void Start();

    /// <summary>Closes it.</summary>
    Task StopAsync();

    /// <summary>Calls back with the hub's figures once a second, across reconnects, until what is returned is disposed.</summary>
    IAsyncDisposable WatchOverview(Action<Overview> changed);

    /// <summary>
    /// Streams what a method of the live hub yields. The stream ends with an exception when the connection is lost or not open:
    /// ask again once <see cref="State"/> is <see cref="LiveConnectionState.Live"/>.
    /// </summary>
    /// <param name="method">The method, by <c>nameof</c> of <see cref="Hub.Shared.Live.ILiveHub"/>.</param>
    /// <param name="argument">Its one argument.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    IAsyncEnumerable<T> StreamAsync<T>(string method, object? argument, CancellationToken cancellationToken);
}
