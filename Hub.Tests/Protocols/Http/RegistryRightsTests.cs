using System.Net;
using Hub.Tests.Support;
using Xunit;
using static Hub.Tests.Support.Answers;
using static Hub.Tests.Support.Contents;

namespace Hub.Tests.Protocols.Http;

/// <summary>Who may call what.</summary>
public sealed class RegistryRightsTests : RegistryCalls
{
    /// <summary>Each policy over each call; the contract answers a missing right with 401003.</summary>
    [Theory]
    [InlineData("iothubowner", true, true)]
    [InlineData("registryRead", true, false)]
    [InlineData("registryReadWrite", true, true)]
    [InlineData("service", false, false)]
    [InlineData("device", false, false)]
    public async Task I6_Z3_Policies_MayDoWhatTheirRightsSay(string policy, bool mayRead, bool mayWrite)
    {
        await Server.AddDeviceAsync("d1");
        var token = Server.TokenOfPolicy(policy);
        foreach (var (method, path, body, isWrite) in new[]
        {
            (HttpMethod.Get, "/devices/d1", null, false), (HttpMethod.Get, "/devices", null, false), (HttpMethod.Get, "/statistics/devices", null, false),
            (HttpMethod.Get, "/statistics/service", null, false), (HttpMethod.Post, "/devices/query", """{"query":"SELECT * FROM devices"}""", false),
            (HttpMethod.Put, "/devices/d1", """{"deviceId":"d1"}""", true), (HttpMethod.Post, "/devices", """[{"id":"d1","importMode":"update"}]""", true),
            (HttpMethod.Delete, "/devices/none", null, true),
        })
        {
            using var answer = await Server.SendAsync(method, path + Version, token, body is null ? null : Json(body), ("If-Match", "*"));
            if (isWrite ? mayWrite : mayRead)
                Assert.NotEqual(HttpStatusCode.Unauthorized, answer.StatusCode);
            else
                Assert.Equal((HttpStatusCode.Unauthorized, "IotHubUnauthorized"), (answer.StatusCode, Code(answer)));
        }
    }

    [Fact]
    public async Task Get_WithoutOrWithWrongToken_Answers401InTheContractsForm()
    {
        var d1 = await Server.AddDeviceAsync("d1");
        var good = Server.TokenOfPolicy("registryRead");
        foreach (var token in new[]
        {
            null, "SharedAccessSignature nonsense", "Basic YTpi", ContractServer.TokenOf(d1),
            // The same signature under a policy with more rights.
            good.Replace("skn=registryRead", "skn=registryReadWrite", StringComparison.Ordinal),
        })
        {
            using var answer = await Server.SendAsync(HttpMethod.Get, "/devices/d1" + Version, token);
            Assert.Equal((HttpStatusCode.Unauthorized, "IotHubUnauthorizedAccess"), (answer.StatusCode, Code(answer)));
            Assert.StartsWith("ErrorCode:IotHubUnauthorizedAccess;", Text(await JsonAsync(answer), "Message"), StringComparison.Ordinal);
        }
    }
}
