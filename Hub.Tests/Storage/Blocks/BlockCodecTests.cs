using CsCheck;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Blocks;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage.Blocks;

public sealed class BlockCodecTests
{
    private const int Partition = 3;
    private const long First = 1L << 60;

    private static readonly string[] Odd = ["", "ä€😀", new('€', 50), "x\r\n\0"];

    private static readonly Gen<string> Text = Gen.Select(Gen.String[Gen.Char['a', 'z'], 0, 60], Gen.Int[0, 7], (text, odd) => odd < Odd.Length ? Odd[odd] : text);

    private static readonly Gen<ApplicationProperties> Properties =
        Gen.Select(Text, Text, (name, value) => new KeyValuePair<string, string>(name, value)).List[0, 5].Select(items => ApplicationProperties.Create(items));

    private static readonly Gen<SystemProperties> System = Gen.Select(Gen.Bool, Text, (present, id) =>
        present ? SystemProperties.Create([new(SystemPropertyNames.MessageId, id), new(SystemPropertyNames.ContentType, "text/plain")]) : SystemProperties.Empty);

    private static readonly Gen<Message> AnyMessage = Gen.Select(Gen.Byte.Array[0, 300], System, Properties,
        (body, system, properties) => new Message { Body = body, SystemProperties = system, Properties = properties });

    private static readonly Gen<LogAppend> AnyAppend = Gen.Select(Gen.Int[0, 5], Gen.Int[-1_000, 1_000], AnyMessage.Array[0, 6],
        (device, second, messages) => new LogAppend(
            LogSamples.Sender("d" + device, device % 2 == 0 ? null : "dtmi:m;" + device), Partition, LogSamples.Start.AddSeconds(second), [.. messages]));

    private static readonly Gen<LogAppend[]> AnyBlock = AnyAppend.Array[1, 12].Where(appends => appends.Any(append => append.Messages.Length > 0));

    [Fact]
    public void Decode_WhatWasEncoded_GivesItBack()
    {
        // One encoder for all, as in the writer: what one block leaves behind must not show in the next.
        var encoder = new BlockEncoder();
        AnyBlock.Sample(
            appends =>
            {
                var (bytes, address) = Encode(encoder, appends);
                var decoded = new List<LoggedMessage>();
                Assert.True(BlockDecoder.TryDecode(bytes, address, BlockFilter.All, copyBodies: false, decoded));
                Assert.Equal(Expected(appends), decoded.Select(LogSamples.Show));
            },
            threads: 1);
    }

    [Fact]
    public void Decode_OneDevice_GivesItsMessagesOnly()
    {
        var encoder = new BlockEncoder();
        AnyBlock.Sample(
            appends =>
            {
                var (bytes, address) = Encode(encoder, appends);
                var decoded = new List<LoggedMessage>();
                Assert.True(BlockDecoder.TryDecode(bytes, address, new BlockFilter { DeviceId = "d2" }, copyBodies: true, decoded));
                Assert.Equal(Expected(appends).Where(text => text.Contains("DeviceId = d2,", StringComparison.Ordinal)), decoded.Select(LogSamples.Show));
            },
            threads: 1);
    }

    [Fact]
    public void Spans_OfEncoderAndDecoder_CoverEachSendersMessages()
    {
        var encoder = new BlockEncoder();
        AnyBlock.Sample(
            appends =>
            {
                var (bytes, address) = Encode(encoder, appends);
                Assert.True(BlockDecoder.TryReadSpans(bytes, address, out var spans, out var lastTicks));
                var sequence = First;
                foreach (var append in appends.Where(append => append.Messages.Length > 0))
                {
                    var last = sequence + append.Messages.Length - 1;
                    bool Covers(BlockSpan span) => span.Device == append.Sender.DeviceId.Value && span.First <= sequence && span.Last >= last
                        && span.Minute == append.EnqueuedTime.UtcTicks / TimeSpan.TicksPerMinute;
                    Assert.Contains(encoder.Spans, Covers);
                    Assert.Contains(spans, Covers);
                    Assert.True(append != appends.Last(other => other.Messages.Length > 0) || lastTicks == append.EnqueuedTime.UtcTicks);
                    sequence = last + 1;
                }
            },
            threads: 1);
    }

    [Fact]
    public void Decode_AnyBitFlippedOrTailCut_IsRefusedAndNothingServed()
    {
        var encoder = new BlockEncoder();
        Gen.Select(AnyBlock, Gen.Int[0, int.MaxValue], Gen.Int[0, 7], Gen.Bool).Sample(
            (appends, place, bit, cut) =>
            {
                var (bytes, address) = Encode(encoder, appends);
                var damaged = bytes.ToArray();
                if (cut)
                    damaged = damaged[..(place % damaged.Length)];
                else
                    damaged[place % damaged.Length] ^= (byte)(1 << bit);
                var decoded = new List<LoggedMessage>();
                Assert.False(BlockDecoder.TryDecode(damaged, address, BlockFilter.All, copyBodies: false, decoded));
                Assert.Empty(decoded);
            },
            threads: 1);
    }

    [Theory]
    [InlineData(Partition + 1, First, 1)]
    [InlineData(Partition, First + 1, 1)]
    [InlineData(Partition, First, 2)]
    public void Decode_UnderAnotherAddress_IsRefused(int partition, long first, int count)
    {
        var (bytes, address) = Encode(new BlockEncoder(), [new LogAppend(LogSamples.Sender("d1"), Partition, LogSamples.Start, [LogSamples.Message("a")])]);
        Assert.Equal(new BlockAddress(Partition, First, 1), address);
        Assert.False(BlockDecoder.TryDecode(bytes, new BlockAddress(partition, first, count), BlockFilter.All, copyBodies: false, []));
    }

    [Fact]
    public void Encode_RepeatedPropertiesAndSender_CostAFewBytesEach()
    {
        var sender = LogSamples.Sender("d1");
        LogAppend[] appends = [.. Enumerable.Range(0, 1_000).Select(_ => new LogAppend(sender, Partition, LogSamples.Start, [LogSamples.Message("", "a level")]))];
        var (bytes, _) = Encode(new BlockEncoder(), appends);
        Assert.InRange(bytes.Length, 1_000, 13_000);
    }

    private static (byte[] Bytes, BlockAddress Address) Encode(BlockEncoder encoder, LogAppend[] appends)
    {
        encoder.Begin(Partition, First);
        foreach (var append in appends)
            encoder.Add(append);
        return (encoder.Finish().ToArray(), new BlockAddress(Partition, First, encoder.Count));
    }

    private static IEnumerable<string> Expected(LogAppend[] appends)
    {
        var sequence = First;
        return [.. appends.SelectMany(append => append.Messages.Select(message =>
            LogSamples.Show(new LoggedMessage(Partition, sequence++, append.EnqueuedTime, append.Sender, message))))];
    }
}
