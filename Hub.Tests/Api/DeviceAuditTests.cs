using System.Net.Http.Json;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Api;

/// <summary>What the audit log says of a change: what it was, and when it was refused why; of secrets no more than that there were some.</summary>
public sealed class DeviceAuditTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_DoneAndRefused_AreToldInWords()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        var secret = Convert.ToBase64String(new byte[32]);

        await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange { PrimaryKey = secret, Tags = new Dictionary<string, string> { ["site"] = "north" } }, None);
        await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange(), None);
        using var disable = new HttpRequestMessage(HttpMethod.Put, "/api/v1/devices/d1") { Content = JsonContent.Create(new DeviceChange { Status = DeviceStatus.Disabled }) };
        disable.Headers.TryAddWithoutValidation("If-Match", "*");
        await client.SendAsync(disable, None);
        await client.DeleteAsync("/api/v1/devices/nosuch", None);
        await client.GetAsync("/api/v1/devices/nosuch/keys", None);

        Assert.Equal(
            [
                "device.create d1 True keys, tags", "device.create d1 False The device d1 exists already.", "device.update d1 True disabled",
                "device.delete nosuch False There is no device nosuch.", "device.keys.read nosuch False There is no device nosuch.",
            ],
            host.Audit.Records.Select(record => $"{record.Action} {record.Target} {record.Succeeded} {record.Detail}"));
        Assert.DoesNotContain(host.Audit.Records, record => record.ToString().Contains(secret, StringComparison.Ordinal));
    }
}
