using System.Security.Claims;
using System.Text;
using Hub.Server.Security.Operators;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Security;

/// <summary>What an operator holds open ends with the session that opened it: row W4 of the catalogue.</summary>
public sealed class OperatorSessionWatchTests
{
    private const int Looks = 2;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sign-out")]
    [InlineData("password")]
    [InlineData("stamp")]
    [InlineData("removed")]
    public async Task W4_OpenStream_EndsWithinAMinuteAfterTheSessionEnds(string how)
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        await SecurityHost.SignInAsync(client);
        await using var stream = await OpenAsync(client);
        await using var byToken = await OpenByTokenAsync(host);
        var ended = stream.ReadAsync(new byte[1], Cancellation).AsTask();
        var stays = byToken.ReadAsync(new byte[1], Cancellation).AsTask();

        await LookAtAllAsync(host);
        // Another goes by the same way meanwhile, which an end of the first would have gone before.
        await using (await OpenAsync(client))
            Assert.False(ended.IsCompleted, "The session stands, and its stream was ended.");
        await EndAsync(how, host, client);

        Assert.True(Looks * OperatorSessionWatch.Interval <= TimeSpan.FromMinutes(1));
        await LookAtAllAsync(host);

        await Assert.ThrowsAnyAsync<IOException>(() => ended.WaitAsync(TimeSpan.FromSeconds(60), Cancellation));
        Assert.False(stays.IsCompleted);
    }

    /// <summary>Two looks, each told by a session that never was one: the second begins only when the first has judged every stream.</summary>
    private static async Task LookAtAllAsync(SecurityHost host)
    {
        var watch = host.Services.GetRequiredService<OperatorSessionWatch>();
        for (var look = 0; look < Looks; look++)
        {
            var looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var nobody = watch.Watch(new ClaimsPrincipal(new ClaimsIdentity(Schemes.Cookie)), looked.SetResult);
            host.Time.Advance(OperatorSessionWatch.Interval);
            await looked.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        }
    }

    private static async Task EndAsync(string how, SecurityHost host, HttpClient client)
    {
        if (how == "sign-out")
        {
            using var answer = await client.DeleteAsync(ApiRoutes.Session, Cancellation);
            Assert.True(answer.IsSuccessStatusCode);
            return;
        }

        await using var scope = host.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Operator>>();
        var admin = (await users.FindByNameAsync("admin"))!;
        var result = how switch
        {
            "password" => await users.ChangePasswordAsync(admin, SecurityHost.Password, "another battery horse"),
            "stamp" => await users.UpdateSecurityStampAsync(admin),
            _ => await users.DeleteAsync(admin),
        };
        Assert.True(result.Succeeded);
    }

    private static async Task<Stream> OpenAsync(HttpClient client)
    {
        var answer = await client.GetAsync("/open", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        answer.EnsureSuccessStatusCode();
        var stream = await answer.Content.ReadAsStreamAsync(Cancellation);
        var start = new byte[4];
        await stream.ReadExactlyAsync(start, Cancellation);
        Assert.Equal("open", Encoding.ASCII.GetString(start));
        return stream;
    }

    private static Task<Stream> OpenByTokenAsync(SecurityHost host)
    {
        var client = host.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", host.TokenOf("iothubowner"));
        return OpenAsync(client);
    }
}
