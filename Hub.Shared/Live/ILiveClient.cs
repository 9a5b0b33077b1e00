using Hub.Shared.Operations;

namespace Hub.Shared.Live;

/// <summary>What the live hub calls on a connected browser.</summary>
public interface ILiveClient
{
    /// <summary>The hub's figures, once a second, to those who asked with <see cref="ILiveHub.WatchOverview"/>.</summary>
    Task OverviewChanged(Overview overview);
}
