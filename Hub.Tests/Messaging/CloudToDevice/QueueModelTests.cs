using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using CsCheck;
using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Server.Storage.Sqlite;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Tests.Durability;
using Hub.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Messaging.CloudToDevice;

/// <summary>
/// R13, P-4: random histories of a queue against a reference model, over the store that the hub uses. Whatever happens, both say the same of
/// every message after every step: nothing is lost, and no outcome comes twice. 10,000 histories; <c>HUB_HISTORIES</c> asks for another
/// number.
/// </summary>
public sealed class QueueModelTests : IAsyncLifetime
{
    private const int Histories = 10_000;
    private const int MaxDepth = 4;

    private static readonly Gen<Step[]> Steps = Gen.Select(Gen.Int[0, 99], Gen.Int[0, 99], Gen.Int[0, 3], (what, which, how) => new Step(what, which, how)).Array[1, 30];

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private ControlStoreFixture _fixture = null!;
    private CloudToDeviceMetrics _metrics = null!;
    private int _devices;

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _fixture = await ControlStoreFixture.CreateAsync();
        _metrics = new CloudToDeviceMetrics(_services.GetRequiredService<IMeterFactory>(), _fixture.Get<IDeviceBoundStore>());
    }

    public async ValueTask DisposeAsync()
    {
        await _fixture.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Theory]
    [InlineData(nameof(DeliveryCounting.EveryDelivery))]
    [InlineData(nameof(DeliveryCounting.AbandonOnly))]
    [Trait("Promise", "P-4")]
    public void R13_RandomHistories_AgreeWithTheModel(string counting) =>
        Steps.Sample(steps => RunAsync(steps, Enum.Parse<DeliveryCounting>(counting)).GetAwaiter().GetResult(), iter: Switches.Histories(Histories) / 2, threads: 4);

    private async Task RunAsync(Step[] steps, DeliveryCounting counting)
    {
        var options = new CloudToDeviceOptions { MaxQueueDepth = MaxDepth, MaxDeliveryCount = 3, DeliveryCounting = counting };
        var device = DeviceId.Parse($"d{Interlocked.Increment(ref _devices)}");
        await _fixture.Get<IDeviceStore>().TryAddAsync(Devices.New(device.Value), None);
        var history = new History(_fixture.Get<IDeviceBoundStore>(), options, device, _metrics);
        await history.PlayAsync(steps);
        Assert.Equal(history.FeedbackExpected, FeedbackOf(device));
    }

    private List<string> FeedbackOf(DeviceId device) => _fixture.Get<ControlReaders>().Read(device, static (connection, device) =>
    {
        using var row = connection.Prepared("SELECT MessageId FROM Feedback WHERE DeviceId = $device ORDER BY MessageId", ("$device", device.Value)).ExecuteReader();
        List<string> ids = [];
        while (row.Read())
            ids.Add(row.GetString(0));
        return ids;
    });

    /// <summary>What happens next; the numbers choose among what there is.</summary>
    private sealed record Step(int What, int Which, int How);

    /// <summary>One device's queue and its model, side by side.</summary>
    private sealed class History
    {
        private readonly FakeTimeProvider _time = new(Devices.Epoch);
        private readonly QueueModel _model;
        private readonly DeviceBoundQueue _queue;
        private readonly IDeviceBoundStore _store;
        private readonly DeviceId _device;

        // In the order of the model's messages.
        private readonly List<long> _ids = [];

        /// <summary>Every lock that was ever given: who holds an old one tries it too.</summary>
        private readonly List<(int Message, Guid Token)> _locks = [];

        public History(IDeviceBoundStore store, CloudToDeviceOptions options, DeviceId device, CloudToDeviceMetrics metrics)
        {
            (_store, _device) = (store, device);
            _model = new QueueModel(options.MaxQueueDepth, options.MaxDeliveryCount, options.DeliveryCounting);
            _queue = new DeviceBoundQueue(
                store, new DeviceBoundRules(options), new IngestGate(_time), Options.Create(options), _time, metrics);
        }

        public List<string> FeedbackExpected => [.. _model.Items.Where(item => item.GivesFeedback).Select(item => item.MessageId).Order(StringComparer.Ordinal)];

        public async Task PlayAsync(Step[] steps)
        {
            foreach (var step in steps)
            {
                await TakeAsync(step);
                await CompareAsync();
            }

            await CompareHistoriesAsync();
        }

        private Task TakeAsync(Step step) => step.What switch
        {
            < 25 => SendAsync(step),
            < 45 => LeaseAsync(step),
            < 70 => SettleAsync(step),
            < 78 => EndLockAsync(step),
            < 84 => DisconnectAsync(),
            < 90 => ExpireAsync(step),
            < 93 => PurgeAsync(),
            _ => CancelAsync(step),
        };

        private async Task SendAsync(Step step)
        {
            // One in four is sent again with an id that was used.
            var again = step.How == 0 && _ids.Count > 0;
            var id = again ? _model.Items[step.Which % _ids.Count].MessageId : $"m{_ids.Count}";
            var timeToLive = TimeSpan.FromSeconds(1 + (step.Which % 20));
            var ack = (FeedbackAck)(step.Which % 4);

            var result = await _queue.EnqueueAsync(DeviceBound.Draft(_device, messageId: id, ack: ack) with { TimeToLive = timeToLive }, None);

            var before = _model.Items.Count;
            var expected = _model.Send(id, _time.GetUtcNow() + timeToLive, ack);
            if (expected is null)
                Assert.IsType<EnqueueResult.QueueFull>(result);
            else if (_model.Items.Count == before)
                Assert.Equal(_ids[_model.Items.IndexOf(expected)], Assert.IsType<EnqueueResult.Duplicate>(result).First.Entry.Id);
            else
                _ids.Add(Assert.IsType<EnqueueResult.Enqueued>(result).Message.Entry.Id);
        }

        private async Task LeaseAsync(Step step)
        {
            var taken = await _queue.LeaseAsync(_device, "1", 1 + step.How, "connection", "to a device", None);
            var expected = _model.Lease(1 + step.How, _time.GetUtcNow());
            Assert.Equal(expected.Select(item => _ids[_model.Items.IndexOf(item)]), taken.Select(message => message.Entry.Id));
            foreach (var (item, message) in expected.Zip(taken))
            {
                item.Token = message.Entry.Lock!.Token;
                _locks.Add((_model.Items.IndexOf(item), item.Token));
            }
        }

        private async Task SettleAsync(Step step)
        {
            if (_locks.Count == 0)
                return;
            // Mostly a recent lock, now and then an old one.
            var (message, token) = _locks[^(1 + (step.Which % Math.Min(_locks.Count, 6)))];
            var kind = (SettlementKind)(step.How % 3);
            var late = step.Which % 2 == 0;

            var settled = await _queue.SettleAsync(_ids[message], DeviceBound.Settlement(kind, token) with { MayBeLate = late }, None);

            Assert.Equal(_model.Settle(_model.Items[message], token, kind, late), settled);
        }

        private async Task EndLockAsync(Step step)
        {
            if (_locks.Count == 0)
                return;
            var (message, token) = _locks[^(1 + (step.Which % _locks.Count))];
            await _queue.EndLockAsync(_ids[message], token, [], None);
            _model.EndLock(_model.Items[message], token);
        }

        /// <summary>As the dispatcher does it when a connection ends, and at the start after a crash.</summary>
        private async Task DisconnectAsync()
        {
            var counts = true;
            foreach (var entry in (await EntriesAsync()).Where(entry => entry.State == DeviceBoundState.Invisible))
            {
                await _queue.EndLinkAsync(entry.Id, entry.Lock!.Token, counts, "a connection", [], None);
                counts = false;
            }

            _model.Disconnect();
        }

        private async Task ExpireAsync(Step step)
        {
            _time.Advance(TimeSpan.FromSeconds(step.Which % 10));
            var now = _time.GetUtcNow();
            await _store.ChangeAsync([.. _ids], entry => DeviceBoundRules.Expire(entry, now), None);
            _model.Expire(now);
        }

        private async Task PurgeAsync()
        {
            var expected = _model.Depth;
            _model.Purge();
            Assert.Equal(expected, await _queue.PurgeAsync(_device, "somebody", None));
        }

        private async Task CancelAsync(Step step)
        {
            if (_ids.Count == 0)
                return;
            var message = step.Which % _ids.Count;
            await _queue.CancelAsync(_ids[message], "somebody", None);
            QueueModel.Cancel(_model.Items[message]);
        }

        private async Task CompareAsync()
        {
            var entries = await EntriesAsync();
            Assert.Equal(
                _model.Items.Select(item => (item.MessageId, item.State, item.Deliveries, item.Outcome)),
                entries.Select(entry => (entry.MessageId, entry.State, entry.DeliveryCount, entry.Outcome)));
            Assert.Equal(
                _model.Items.Where(item => item.InQueue).Select(item => _ids[_model.Items.IndexOf(item)]), await _store.ListQueueAsync(_device, 100, None));
        }

        /// <summary>Each message has ended once at most.</summary>
        private async Task CompareHistoriesAsync()
        {
            foreach (var (item, id) in _model.Items.Zip(_ids))
            {
                var lines = (await _store.HistoryAsync(id, None)).Select(line => line.Event).ToList();
                Assert.Equal(DeviceBoundEvent.Enqueued, lines[0]);
                var ends = lines.Count(line => line is DeviceBoundEvent.Completed or DeviceBoundEvent.Rejected or DeviceBoundEvent.Expired or DeviceBoundEvent.DeliveryCountExceeded
                    or DeviceBoundEvent.Purged or DeviceBoundEvent.Cancelled);
                Assert.Equal(item.InQueue ? 0 : 1, ends);
            }
        }

        private async Task<ImmutableArray<DeviceBoundEntry>> EntriesAsync()
        {
            var entries = ImmutableArray.CreateBuilder<DeviceBoundEntry>();
            foreach (var id in _ids)
                entries.Add((await _store.FindAsync(id, None))!.Entry);
            return entries.DrainToImmutable();
        }
    }
}
