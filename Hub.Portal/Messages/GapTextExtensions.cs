using Microsoft.Extensions.Localization;

namespace Hub.Portal.Messages;

/// <summary>Gaps in words.</summary>
internal static class GapTextExtensions
{
    public static string Explain(this IStringLocalizer<MessageText> text, MessageGap gap) => gap switch
    {
        { Reason: MessageGapReason.Missed, Count: 1 } => text["Gap_MissedOne"],
        { Reason: MessageGapReason.PushedOut, Count: 1 } => text["Gap_PushedOutOne"],
        _ => text[$"Gap_{gap.Reason}", gap.Count],
    };
}
