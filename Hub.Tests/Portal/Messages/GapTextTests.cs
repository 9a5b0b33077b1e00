using Hub.Portal.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using Xunit;

namespace Hub.Tests.Portal.Messages;

public sealed class GapTextTests
{
    [Theory]
    [InlineData(MessageGapReason.Missed, 1, "1 message missed: it came faster than this browser took it")]
    [InlineData(MessageGapReason.Missed, 2, "2 messages missed: they came faster than this browser took them")]
    [InlineData(MessageGapReason.PushedOut, 1, "1 message passed while the view stood still")]
    [InlineData(MessageGapReason.PushedOut, 2, "2 messages passed while the view stood still")]
    [InlineData(MessageGapReason.Disconnected, 0, "The connection was lost here; what came meanwhile is in the log")]
    [InlineData(MessageGapReason.Disconnected, 1, "The connection was lost here; what came meanwhile is in the log")]
    public void Explain_Count_IsInItsNumber(MessageGapReason reason, long count, string expected)
    {
        using var services = new ServiceCollection().AddLogging().AddLocalization().BuildServiceProvider();
        var text = services.GetRequiredService<IStringLocalizer<MessageText>>();

        Assert.Equal(expected, text.Explain(new MessageGap(reason, count, Telemetry.Noon, Telemetry.Noon)));
    }
}
