using System.Net.Http.Headers;
using System.Text;

namespace Hub.Tests.Support;

/// <summary>Bodies of requests.</summary>
internal static class Contents
{
    public static ByteArrayContent Json(string body) => Bytes(body, "application/json; charset=utf-8");

    public static ByteArrayContent Bytes(string body, string contentType) =>
        new(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } };
}
