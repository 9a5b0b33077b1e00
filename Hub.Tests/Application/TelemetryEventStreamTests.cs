using System.Text.Json;
using Hub.Shared.Api;
using Hub.Shared.Messages;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>What was sent and is being sent, read as an event stream.</summary>
public sealed class TelemetryEventStreamTests : TelemetryWays
{
    [Fact]
    public async Task EventStream_FromSequenceNumber_GoesOnWithWhatComes()
    {
        var device = await Running.AddDeviceAsync("by-http");
        await PostAsync(device, 0, 20);
        var partition = (await WalkAsync("deviceId=by-http"))[0].Partition;
        using var client = Running.CreateClientOf("service");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{ApiRoutes.TelemetryStream}?deviceId=by-http&partition={partition}&after=4");

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, None);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(None));
        var stored = await ReadEventsAsync(reader, 15);
        await PostAsync(device, 20, 10);
        var live = await ReadEventsAsync(reader, 10);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(Enumerable.Range(5, 25), stored.Concat(live).Select(item => NumberOf(item.Item)));
        Assert.All(stored.Concat(live), item => Assert.Equal($"{partition}-{item.Item.SequenceNumber}", item.Id));
    }

    private static async Task<List<(string Id, TelemetryItem Item)>> ReadEventsAsync(StreamReader reader, int count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(None);
        patience.CancelAfter(Patience);
        var events = new List<(string, TelemetryItem)>();
        var id = string.Empty;
        while (events.Count < count && await reader.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                events.Add((id, JsonSerializer.Deserialize<TelemetryItem>(line[6..], JsonSerializerOptions.Web)!));
        }

        return events;
    }
}
