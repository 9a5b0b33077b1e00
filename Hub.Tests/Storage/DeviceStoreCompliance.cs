using System.Globalization;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>What every <see cref="IDeviceStore"/> must do.</summary>
public abstract class DeviceStoreCompliance : IAsyncLifetime
{
    private protected abstract IDeviceStore Store { get; }

    private protected abstract ISessionStore Sessions { get; }

    private protected abstract IConnectionHistoryStore History { get; }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Closes the store and opens it again.</summary>
    protected abstract Task ReopenAsync();

    [Fact]
    public async Task FindAsync_AfterReopen_GivesAllThatWasAdded()
    {
        var device = Devices.New("d1", ("site", "Hall \"A\" = ü")) with
        {
            Status = DeviceStatus.Disabled,
            StatusReason = "because",
            CreatedTime = Devices.Epoch.AddTicks(7),
        };
        Assert.True(await Store.TryAddAsync(device, Token));

        await ReopenAsync();

        var found = await Store.FindAsync(device.Id, Token);
        Assert.NotNull(found);
        Assert.Equal(device.Tags, found.Tags);
        Assert.Equal(device with { Tags = found.Tags }, found);
        Assert.Null(await Store.FindAsync(DeviceId.Parse("d2"), Token));
    }

    [Fact]
    public async Task FindAsync_ThumbprintsOrNone_ComeBackAsTheyWere()
    {
        var prints = Devices.New("x") with { Credentials = new DeviceCredentials.Thumbprints(null, new string('A', 40)) };
        var none = Devices.New("n") with { Credentials = new DeviceCredentials.None() };
        await AddAsync(prints, none);

        Assert.Equal(prints.Credentials, (await Store.FindAsync(prints.Id, Token))!.Credentials);
        Assert.Equal(none.Credentials, (await Store.FindAsync(none.Id, Token))!.Credentials);
    }

    [Fact]
    public async Task D8_TryAddAsync_SameIdHundredTimesAtOnce_ExactlyOneWins()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
            Store.TryAddAsync(Devices.New("same") with { ETag = i.ToString(CultureInfo.InvariantCulture) }, Token).AsTask()));

        var winner = Assert.Single(Enumerable.Range(0, 100), i => added[i]);
        Assert.Equal(winner.ToString(CultureInfo.InvariantCulture), (await Store.FindAsync(DeviceId.Parse("same"), Token))!.ETag);
    }

    [Fact]
    public async Task TryAddAsync_IdsThatDifferInCase_AreTwoDevices()
    {
        await AddAsync(Devices.New("A"), Devices.New("a") with { ETag = "small" });

        Assert.Equal("e1", (await Store.FindAsync(DeviceId.Parse("A"), Token))!.ETag);
        Assert.Equal("small", (await Store.FindAsync(DeviceId.Parse("a"), Token))!.ETag);
    }

    [Fact]
    public async Task TryUpdateAsync_ETagHolds_ReplacesAllButPresence()
    {
        var device = Devices.New("d");
        await AddAsync(device);
        var presence = new DevicePresence { ConnectionState = ConnectionState.Connected, LastActivityTime = Devices.Epoch, Protocol = "MQTT" };
        await Store.UpdatePresenceAsync([new(device.Id, "1", presence)], Token);

        var change = device with { ETag = "e2", Status = DeviceStatus.Disabled, Credentials = new DeviceCredentials.None() };
        Assert.True(await Store.TryUpdateAsync(change, "e1", Token));
        Assert.False(await Store.TryUpdateAsync(change with { ETag = "e3" }, "e1", Token));

        var found = await Store.FindAsync(device.Id, Token);
        Assert.Equal(change with { Presence = presence, Tags = found!.Tags }, found);
    }

    [Fact]
    public async Task TryRemoveAsync_ETagHolds_TakesSessionsAndHistoryWithIt()
    {
        var device = Devices.New("d");
        await AddAsync(device);
        await Sessions.SaveAsync(device.Id, "1", new StoredSession(new Dictionary<string, int> { ["t"] = 1 }, null, null), Token);
        await History.AppendAsync([new(Line("d", 0), "1")], Token);

        Assert.False(await Store.TryRemoveAsync(device.Id, "other", Token));
        Assert.True(await Store.TryRemoveAsync(device.Id, "e1", Token));
        await AddAsync(device);

        Assert.Null(await Sessions.FindAsync(device.Id, "1", Token));
        Assert.Empty(await History.ListAsync(device.Id, Token));
    }

    [Fact]
    public async Task UpdatePresenceAsync_GoneOrOfAnotherGeneration_IsPassedOver()
    {
        await AddAsync(Devices.New("d"));
        var presence = new DevicePresence { ConnectionState = ConnectionState.Connected, LastActivityTime = Devices.Epoch };

        await Store.UpdatePresenceAsync([new(DeviceId.Parse("gone"), "1", presence), new(DeviceId.Parse("d"), "0", presence)], Token);

        Assert.Equal(DevicePresence.Never, (await Store.FindAsync(DeviceId.Parse("d"), Token))!.Presence);
        Assert.Null(await Store.FindAsync(DeviceId.Parse("gone"), Token));
    }

    [Fact]
    public async Task UpdatePresenceAsync_ComesBack_KeepsTheReasonOfTheLastDisconnect()
    {
        var device = Devices.New("d");
        await AddAsync(device);
        var off = new DevicePresence { ConnectionStateUpdatedTime = Devices.Epoch, LastActivityTime = Devices.Epoch, DisconnectReason = "it broke" };
        var on = new DevicePresence { ConnectionState = ConnectionState.Connected, LastActivityTime = Devices.Epoch.AddHours(1), Protocol = "MQTT" };

        await Store.UpdatePresenceAsync([new(device.Id, "1", off)], Token);
        await Store.UpdatePresenceAsync([new(device.Id, "1", on)], Token);
        var connected = (await Store.FindAsync(device.Id, Token))!.Presence;
        await Store.UpdatePresenceAsync([new(device.Id, "1", off with { DisconnectReason = "it left" })], Token);

        Assert.Equal(on with { DisconnectReason = "it broke" }, connected);
        Assert.Equal("it left", (await Store.FindAsync(device.Id, Token))!.Presence.DisconnectReason);
    }

    [Fact]
    public async Task UpdateActivityAsync_MovesForwardOnlyAndTouchesNothingElse()
    {
        var device = Devices.New("d");
        await AddAsync(device);
        var presence = new DevicePresence { ConnectionStateUpdatedTime = Devices.Epoch, LastActivityTime = Devices.Epoch, DisconnectReason = "it broke" };
        await Store.UpdatePresenceAsync([new(device.Id, "1", presence)], Token);

        await Store.UpdateActivityAsync([new(device.Id, "1", Devices.Epoch.AddMinutes(5)), new(DeviceId.Parse("gone"), "1", Devices.Epoch)], Token);
        await Store.UpdateActivityAsync([new(device.Id, "1", Devices.Epoch.AddMinutes(3)), new(device.Id, "0", Devices.Epoch.AddMinutes(9))], Token);

        Assert.Equal(presence with { LastActivityTime = Devices.Epoch.AddMinutes(5) }, (await Store.FindAsync(device.Id, Token))!.Presence);
    }

    [Fact]
    public async Task ResetPresenceAsync_AfterCrash_MarksOnlyThoseThatWereConnected()
    {
        await AddAsync(Devices.New("on"), Devices.New("off"));
        var presence = new DevicePresence { ConnectionState = ConnectionState.Connected, LastActivityTime = Devices.Epoch, Protocol = "MQTT" };
        await Store.UpdatePresenceAsync([new(DeviceId.Parse("on"), "1", presence)], Token);

        await Store.ResetPresenceAsync("the hub stopped", Devices.Epoch.AddHours(1), Token);

        var expected = new DevicePresence
        {
            ConnectionStateUpdatedTime = Devices.Epoch.AddHours(1), LastActivityTime = Devices.Epoch, DisconnectReason = "the hub stopped",
        };
        Assert.Equal(expected, (await Store.FindAsync(DeviceId.Parse("on"), Token))!.Presence);
        Assert.Equal(DevicePresence.Never, (await Store.FindAsync(DeviceId.Parse("off"), Token))!.Presence);
    }

    [Theory]
    [InlineData("%", "a%b")]
    [InlineData("_", "a_b")]
    [InlineData("*", "a*b")]
    [InlineData("?", "a?b")]
    [InlineData("'", "a'b")]
    [InlineData(".", "a.b")]
    [InlineData("(", "a(b")]
    [InlineData("A(", "a(b")]
    [InlineData("HALL", "tagged")]
    [InlineData("Ü", "tagged")]
    [InlineData("SITE", "tagged")]
    public async Task H7_ListAsync_SearchText_IsTakenLiterallyAndWithoutCase(string q, string expected)
    {
        await AddAsync([.. new[] { "a%b", "a_b", "a*b", "a?b", "a'b", "a.b", "a(b", "plain" }.Select(id => Devices.New(id)), Devices.New("tagged", ("Site", "Hall ü"))]);

        var page = await Store.ListAsync(new DeviceQuery { Q = q }, Token);

        Assert.Equal([expected], page.Items.Select(d => d.Id.Value));
        Assert.Equal(1, page.TotalCount);
    }

    [Theory]
    [InlineData("site", "two,real")]
    [InlineData("site=a", "real")]
    [InlineData("site=", "")]
    [InlineData("sit", "")]
    [InlineData("site=a=b", "two")]
    public async Task ListAsync_Tag_MatchesWholeNamesAndValuesOnly(string tag, string expected)
    {
        await AddAsync(
            Devices.New("fake", ("x", "\u001fsite=a\u001f"), ("mysite", "a")), Devices.New("real", ("site", "a")), Devices.New("two", ("site", "a=b")));

        var page = await Store.ListAsync(new DeviceQuery { Tag = tag, Desc = true }, Token);

        Assert.Equal(expected, string.Join(',', page.Items.Select(d => d.Id.Value)));
    }

    [Theory]
    [InlineData(DeviceSort.Id, false)]
    [InlineData(DeviceSort.Id, true)]
    [InlineData(DeviceSort.LastActivity, false)]
    [InlineData(DeviceSort.LastActivity, true)]
    [InlineData(DeviceSort.Created, false)]
    [InlineData(DeviceSort.Created, true)]
    public async Task ListAsync_PageByPage_GivesEveryDeviceOnceInOrder(DeviceSort sort, bool desc)
    {
        var devices = Enumerable.Range(0, 25).Select(i => Devices.New($"{(i % 2 == 0 ? "d" : "D")}{i * 7 % 25}") with
        {
            CreatedTime = Devices.Epoch.AddSeconds(i * 3 % 5),
            Presence = i % 4 == 0 ? DevicePresence.Never : new DevicePresence { LastActivityTime = Devices.Epoch.AddSeconds(i % 3) },
        }).ToArray();
        await AddAsync(devices);
        // Sorting here keeps those that are alike in the order in which they were added.
        var ordered = (sort switch
        {
            DeviceSort.LastActivity => devices.OrderBy(d => d.Presence.LastActivityTime ?? DateTimeOffset.MinValue),
            DeviceSort.Created => devices.OrderBy(d => d.CreatedTime),
            _ => devices.OrderBy(d => d.Id.Value, StringComparer.Ordinal),
        }).Select(d => d.Id);

        List<DeviceId> seen = [];
        var query = new DeviceQuery { Sort = sort, Desc = desc, Limit = 4 };
        do
        {
            var page = await Store.ListAsync(query, Token);
            Assert.Equal(25, page.TotalCount);
            seen.AddRange(page.Items.Select(d => d.Id));
            Assert.True(page.Items.Count > 0 && seen.Count <= 25, "The list does not come to its end.");
            query = query with { Cursor = page.NextCursor };
        }
        while (query.Cursor is not null);

        Assert.Equal(desc ? ordered.Reverse() : ordered, seen);
    }

    [Fact]
    public async Task ListAsync_StatusAndConnected_FilterAndCount()
    {
        var on = new DevicePresence { ConnectionState = ConnectionState.Connected };
        await AddAsync(Devices.New("a") with { Presence = on }, Devices.New("b") with { Presence = on, Status = DeviceStatus.Disabled }, Devices.New("c"));

        var page = await Store.ListAsync(new DeviceQuery { Connected = true, Status = DeviceStatus.Enabled, Sort = DeviceSort.LastActivity }, Token);

        Assert.Equal("a", Assert.Single(page.Items).Id.Value);
        Assert.Equal(new DeviceCounts(3, 2, 1), await Store.CountAsync(Token));
    }

    [Fact]
    public async Task H11_ListAsync_CursorChangedOrOfAnotherQuery_Throws()
    {
        await AddAsync([.. Enumerable.Range(0, 5).Select(i => Devices.New($"d{i}"))]);
        var cursor = (await Store.ListAsync(new DeviceQuery { Limit = 2 }, Token)).NextCursor!;

        for (var i = 0; i < cursor.Length; i++)
        {
            var tampered = cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..];
            await Assert.ThrowsAsync<FormatException>(async () => await Store.ListAsync(new DeviceQuery { Cursor = tampered }, Token));
        }

        foreach (var query in (DeviceQuery[])[new() { Desc = true }, new() { Q = "d" }, new() { Sort = DeviceSort.Created }, new() { Connected = false }])
            await Assert.ThrowsAsync<FormatException>(async () => await Store.ListAsync(query with { Cursor = cursor }, Token));
        foreach (var made in (string[])["", "!", "AAAA", new string('A', 64)])
            await Assert.ThrowsAsync<FormatException>(async () => await Store.ListAsync(new DeviceQuery { Cursor = made }, Token));

        await ReopenAsync();
        Assert.Equal(3, (await Store.ListAsync(new DeviceQuery { Cursor = cursor, Limit = 100 }, Token)).Items.Count);
    }

    private protected async Task AddAsync(params Device[] devices)
    {
        foreach (var device in devices)
            Assert.True(await Store.TryAddAsync(device, Token));
    }

    private protected static ConnectionHistoryEntry Line(string id, int number) => new()
    {
        DeviceId = DeviceId.Parse(id),
        Time = Devices.Epoch.AddSeconds(number),
        Event = ConnectionEvent.Disconnected,
        ConnectionId = $"c{number}",
        Protocol = "MQTT 5 over TLS",
        RemoteAddress = "127.0.0.1:1",
        Reason = "why",
    };
}
