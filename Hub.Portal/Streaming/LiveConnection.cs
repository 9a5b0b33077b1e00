using System.Net;
using Hub.Portal.Api;
using Hub.Portal.Session;
using Hub.Shared.Api;
using Hub.Shared.Live;
using Hub.Shared.Operations;
using Microsoft.AspNetCore.SignalR.Client;

namespace Hub.Portal.Streaming;

/// <inheritdoc/>
public sealed partial class LiveConnection : ILiveConnection, IAsyncDisposable
{
    private readonly HubConnection _connection;
    private readonly SessionTicket _ticket;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveConnection> _logger;
    private readonly List<Action<Overview>> _watchers = [];
    private CancellationTokenSource? _wanted;

    public LiveConnection(Uri hubAddress, SessionTicket ticket, TimeProvider time, ILogger<LiveConnection> logger)
    {
        (_ticket, _time, _logger) = (ticket, time, logger);
        _connection = new HubConnectionBuilder()
            .WithUrl(new Uri(hubAddress, ApiRoutes.LiveHub))
            .WithAutomaticReconnect(new ReconnectPolicy())
            .AddJsonProtocol(json =>
            {
                json.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, PortalJson.Default);
                json.PayloadSerializerOptions.Converters.Add(new TelemetryItemConverter());
            })
            .Build();
        _connection.On<Overview>(nameof(ILiveClient.OverviewChanged), OnOverviewChanged);
        _connection.Reconnecting += _ => Become(LiveConnectionState.Reconnecting);
        _connection.Reconnected += _ => OnConnectedAsync();
        _connection.Closed += OnClosedAsync;
    }

    public event Action? StateChanged;

    public LiveConnectionState State { get; private set; }

    public void Start()
    {
        if (_wanted is not null)
            return;
        _wanted = new CancellationTokenSource();
        _ = OpenAsync(LiveConnectionState.Connecting, _wanted.Token);
    }

    public async Task StopAsync()
    {
        if (_wanted is not { } wanted)
            return;
        _wanted = null;
        await wanted.CancelAsync();
        wanted.Dispose();
        await _connection.StopAsync();
        await Become(LiveConnectionState.Stopped);
    }

    public IAsyncDisposable WatchOverview(Action<Overview> changed)
    {
        _watchers.Add(changed);
        if (_watchers.Count == 1)
            _ = TellWatchingAsync();
        return new Watch(this, changed);
    }

    public IAsyncEnumerable<T> StreamAsync<T>(string method, object? argument, CancellationToken cancellationToken) =>
        _connection.StreamAsync<T>(method, argument, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _connection.DisposeAsync();
    }

    // The client library retries only a connection that stood before; the first one is ours to try until it stands.
    private async Task OpenAsync(LiveConnectionState meanwhile, CancellationToken cancellationToken)
    {
        for (var attempt = 0; !cancellationToken.IsCancellationRequested; attempt++)
        {
            await Become(meanwhile);
            try
            {
                await _connection.StartAsync(cancellationToken);
                await OnConnectedAsync();
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (HttpRequestException refused) when (refused.StatusCode is HttpStatusCode.Unauthorized)
            {
                await RefusedAsync();
                return;
            }
            catch (Exception failure)
            {
                // Whatever kept it from opening, trying again is all that helps; the state tells the operator.
                Log.NotOpened(_logger, attempt, failure.Message);
                meanwhile = LiveConnectionState.Reconnecting;
            }

            await Task.Delay(ReconnectPolicy.DelayAfter(attempt), _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RefusedAsync()
    {
        _wanted?.Dispose();
        _wanted = null;
        await Become(LiveConnectionState.Stopped);
        _ticket.End();
    }

    private async Task OnConnectedAsync()
    {
        await Become(LiveConnectionState.Live);
        if (_watchers.Count > 0)
            await TellWatchingAsync();
    }

    // Closed is also how the hub ends us for good, as when the operator was signed out elsewhere: opening anew finds out.
    private async Task OnClosedAsync(Exception? reason)
    {
        if (_wanted is { } wanted)
            await OpenAsync(LiveConnectionState.Reconnecting, wanted.Token);
    }

    private void OnOverviewChanged(Overview overview)
    {
        foreach (var watcher in _watchers.ToArray())
            watcher(overview);
    }

    private async Task TellWatchingAsync()
    {
        if (_connection.State != HubConnectionState.Connected)
            return;
        try
        {
            await _connection.InvokeAsync(nameof(ILiveHub.WatchOverview), _watchers.Count > 0);
        }
        catch (Exception failure)
        {
            // Lost in between: it is told again when the connection stands.
            Log.NotWatched(_logger, failure.Message);
        }
    }

    private Task Become(LiveConnectionState state)
    {
        if (State != state)
        {
            State = state;
            StateChanged?.Invoke();
        }

        return Task.CompletedTask;
    }

    private sealed class Watch(LiveConnection owner, Action<Overview> changed) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() =>
            owner._watchers.Remove(changed) && owner._watchers.Count == 0 ? new ValueTask(owner.TellWatchingAsync()) : ValueTask.CompletedTask;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The live connection did not open (attempt {Attempt}): {Reason}")]
        public static partial void NotOpened(ILogger logger, int attempt, string reason);

        [LoggerMessage(2, LogLevel.Information, "The live connection was lost while asking for the overview: {Reason}")]
        public static partial void NotWatched(ILogger logger, string reason);
    }
}
