using System.Globalization;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;
using Xunit;

namespace Hub.Tests.Messaging.Sessions;

public sealed class RefusalListTests
{
    private static readonly DateTimeOffset Noon = DateTimeOffset.Parse("2026-01-01T12:00:00Z", CultureInfo.InvariantCulture);

    private readonly RefusalList _list = new();

    [Fact]
    public void Add_SameDeviceAndReason_IsOneLineWithTheLatestPlace()
    {
        Add("d1", "Wrong key.", 0, "1.1.1.1:1");
        Add("d2", "Wrong key.", 1);
        Add("d1", "Disabled.", 2);
        Add("d1", "Wrong key.", 3, "2.2.2.2:2");

        var lines = _list.ToArray();

        Assert.Equal(["d1 Wrong key. 2", "d1 Disabled. 1", "d2 Wrong key. 1"], lines.Select(line => $"{line.DeviceId?.Value} {line.Reason} {line.Count}"));
        Assert.Equal((Noon, Noon.AddSeconds(3), "2.2.2.2:2", "c3"), (lines[0].FirstTime, lines[0].LastTime, lines[0].RemoteAddress, lines[0].ConnectionId));
        Assert.Equal(4, _list.Total);
    }

    [Fact]
    public void Add_PeersWithoutAName_ShareALineForEachReason()
    {
        Add(null, "No name.", 0);
        Add(null, "No name.", 1);

        var line = Assert.Single(_list.ToArray());

        Assert.Equal((null, 2, false), (line.DeviceId, line.Count, line.IsRegistered));
    }

    [Fact]
    public void Add_MoreThanItHolds_LetsGoWhatWasLongestWithoutAnAttempt()
    {
        for (var i = 0; i < RefusalList.MaxLines; i++)
            Add($"d{i}", "Unknown.", i);
        Add("d0", "Unknown.", 600);

        Add("new", "Unknown.", 601);

        var lines = _list.ToArray();
        Assert.Equal(RefusalList.MaxLines, lines.Length);
        Assert.Equal(["new", "d0", "d499"], lines.Take(3).Select(line => line.DeviceId!.Value.Value));
        Assert.DoesNotContain(lines, line => line.DeviceId!.Value.Value == "d1");
        Assert.Equal(502, _list.Total);
    }

    private void Add(string? device, string reason, int second, string? address = null) => _list.Add(
        new RefusedPeer($"c{second}", device is null ? null : DeviceId.Parse(device), "MQTT 5 over TCP", address), reason, device is not null, Noon.AddSeconds(second));
}
