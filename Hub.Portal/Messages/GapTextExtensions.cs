using Microsoft.Extensions.Localization;

namespace Hub.Portal.Messages;

/// <summary>Gaps in words.</summary>
internal static class GapTextExtensions
{
    public static string Explain(this IStringLocalizer<MessageText> text, MessageGap gap) => text[$"Gap_{gap.Reason}", gap.Count];
}
