using Hub.Portal.Api;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Components;

/// <summary>Puts a problem in words: the hub's own where it gave some.</summary>
public static class ProblemTextExtensions
{
    public static string Explain(this IStringLocalizer<CommonText> text, ApiProblem problem) =>
        problem.Status switch
        {
            0 => text["Unreachable"],
            _ when !string.IsNullOrWhiteSpace(problem.Sentence) => problem.Sentence,
            403 => text["Forbidden"],
            404 => text["Missing"],
            429 or 503 => text["Busy"],
            var status => text["Refused", status],
        };
}
