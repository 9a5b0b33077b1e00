using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>What stands in an answer over HTTP.</summary>
internal static class Answers
{
    /// <summary>The contract's error code, which stands in a header.</summary>
    public static string Code(HttpResponseMessage answer) => answer.Headers.GetValues("iothub-errorcode").Single();

    public static Task<JsonElement> JsonAsync(HttpResponseMessage answer) =>
        answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

    public static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "(null)";
}
