using System.Globalization;
using Hub.Server.Security;
using Hub.Server.Streaming;
using Hub.Shared.Api;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Streaming;

/// <summary>Viewers of the live hub, and something for them to see.</summary>
internal static class LiveViewer
{
    public static readonly CancellationToken None = TestContext.Current.CancellationToken;
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<HubConnection> ConnectAsync(ApiHost host, bool messagePack)
    {
        var connection = Build(host, messagePack);
        await connection.StartAsync(None);
        return connection;
    }

    public static HubConnection Build(ApiHost host, bool messagePack)
    {
        var builder = new HubConnectionBuilder().WithUrl(
            new Uri(host.Address, ApiRoutes.LiveHub), options => options.Headers[ApiHost.RightsHeader] = AccessPolicies.ServiceConnect);
        if (messagePack)
            builder.AddMessagePackProtocol(options => options.SerializerOptions = StreamingRegistration.MessagePackOptions());
        return builder.Build();
    }

    public static async Task<(List<TelemetryItem> Rows, (long Received, long Dropped, long Sampled) Counts)> ReadAsync(
        HubConnection connection, object filter, Func<List<TelemetryItem>, bool> enough)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(None);
        patience.CancelAfter(Patience);
        var rows = new List<TelemetryItem>();
        (long Received, long Dropped, long Sampled) counts = default;
        await foreach (var batch in connection.StreamAsync<LiveBatch<TelemetryItem>>(nameof(ILiveHub.StreamTelemetry), filter, patience.Token))
        {
            rows.AddRange(batch.Items);
            counts = (counts.Received + batch.Received, counts.Dropped + batch.Dropped, counts.Sampled + batch.Sampled);
            if (enough(rows))
                break;
        }

        return (rows, counts);
    }

    public static Task CommitAsync(ApiHost host, int from, int count) => host.CommitAsync(TestMessages.Append(
        "d1", 0,
        [.. Enumerable.Range(from, count).Select(number =>
            TestMessages.Text(string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{number}}}"), "application/json"))]));
}
