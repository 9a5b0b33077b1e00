using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using Hub.Server.Security.Operators;
using Hub.Shared.Api;
using Hub.Shared.Security;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Security;

/// <summary>Sign-in, sign-out, lockout and set-up; rows W4 and W6 of the catalogue.</summary>
public sealed class OperatorSessionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SignIn_RightPassword_GivesSessionRightsAndAuditEntry()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/probe", Cancellation)).StatusCode);

        var session = await SecurityHost.SignInAsync(client);

        Assert.Equal("admin", session.UserName);
        Assert.False(session.SetUpNeeded);
        Assert.Equal([OperatorRights.RegistryRead, OperatorRights.RegistryReadWrite, OperatorRights.ServiceConnect], session.Rights);
        Assert.Equal("admin", await client.GetStringAsync("/api/v1/probe", Cancellation));
        var entry = Assert.Single(host.Audit.Records, record => record.Action == "session.sign-in");
        Assert.Equal(("admin", "127.0.0.1", true), (entry.Actor, entry.Source, entry.Succeeded));
    }

    [Theory]
    [InlineData(false, "hub-session=")]
    [InlineData(true, "__Host-hub-session=")]
    public async Task SignIn_Cookie_HasEveryFlag(bool tls, string start)
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient(tls);

        var response = await SecurityHost.TrySignInAsync(client, "admin", SecurityHost.Password);

        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"), value => value.Contains("hub-session=", StringComparison.Ordinal));
        Assert.StartsWith(start, cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/;", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(tls, cookie.Contains("secure", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task W4_SignOut_EndsEverySessionOfTheOperator()
    {
        await using var host = await SecurityHost.StartAsync();
        using var one = host.CreateClient();
        using var other = host.CreateClient();
        await SecurityHost.SignInAsync(one);
        await SecurityHost.SignInAsync(other);

        Assert.Equal(HttpStatusCode.NoContent, (await one.DeleteAsync(ApiRoutes.Session, Cancellation)).StatusCode);

        Assert.Equal(HttpStatusCode.Unauthorized, (await one.GetAsync("/api/v1/probe", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync("/api/v1/probe", Cancellation)).StatusCode);
        Assert.Contains(host.Audit.Records, record => record is { Action: "session.sign-out", Actor: "admin" });
    }

    [Fact]
    public async Task W4_StolenCookieAfterSignOut_IsWorthless()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        var response = await SecurityHost.TrySignInAsync(client, "admin", SecurityHost.Password);
        var stolen = response.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith("hub-session=", StringComparison.Ordinal)).Split(';')[0];
        await SecurityHost.SignInAsync(client);
        Assert.Equal(HttpStatusCode.OK, await ProbeWithAsync(host, stolen));

        await client.DeleteAsync(ApiRoutes.Session, Cancellation);

        Assert.Equal(HttpStatusCode.Unauthorized, await ProbeWithAsync(host, stolen));
    }

    [Fact]
    public async Task W4_PasswordChangedElsewhere_EndsSessionsWithinAMinute()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        await SecurityHost.SignInAsync(client);
        await using (var scope = host.Services.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<Operator>>();
            await users.UpdateSecurityStampAsync((await users.FindByNameAsync("admin"))!);
        }

        host.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/probe", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task W4_IdleFor30Minutes_EndsAndUseExtends()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        await SecurityHost.SignInAsync(client);
        foreach (var minutes in (int[])[20, 29, 1, 29])
        {
            host.Time.Advance(TimeSpan.FromMinutes(minutes));
            Assert.Equal("admin", (await client.GetFromJsonAsync<SessionInfo>(ApiRoutes.Session, Cancellation))!.UserName);
        }

        host.Time.Advance(TimeSpan.FromMinutes(31));

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/probe", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task W4_APageThatAsksByItself_DoesNotKeepTheSession()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        await SecurityHost.SignInAsync(client);
        for (var minute = 0; minute < 29; minute++)
        {
            host.Time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/probe", Cancellation)).StatusCode);
        }

        host.Time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/probe", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task W6_FiveWrongPasswords_LockThePairFor15Minutes()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await SecurityHost.TrySignInAsync(client, "admin", "wrong")).StatusCode);

        var locked = await SecurityHost.TrySignInAsync(client, "ADMIN", SecurityHost.Password);
        Assert.Equal(HttpStatusCode.TooManyRequests, locked.StatusCode);
        Assert.InRange(locked.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
        Assert.Equal(5, host.Audit.Records.Count(record => record is { Action: "session.sign-in", Succeeded: false }));

        host.Time.Advance(TimeSpan.FromMinutes(15));
        await SecurityHost.SignInAsync(client);
    }

    [Fact]
    public async Task W6_UnknownName_AnswersAndLocksAlike()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        var known = await SecurityHost.TrySignInAsync(client, "admin", "wrong");
        var unknown = await SecurityHost.TrySignInAsync(client, "nobody", "wrong");
        Assert.Equal(await known.Content.ReadAsStringAsync(Cancellation), await unknown.Content.ReadAsStringAsync(Cancellation));
        for (var i = 0; i < 4; i++)
            await SecurityHost.TrySignInAsync(client, "nobody", "wrong");

        Assert.Equal(HttpStatusCode.TooManyRequests, (await SecurityHost.TrySignInAsync(client, "nobody", "wrong")).StatusCode);
        Assert.DoesNotContain(host.Audit.Records, record => record.Target == "nobody");
    }

    [Fact]
    public void W6_OtherAddresses_AreLockedForANameOnlyAfterMany()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var attempts = new SignInAttempts(time);
        for (var i = 0; i < SignInAttempts.PerAddress; i++)
            attempts.Failed("ADMIN", "192.0.2.1");
        Assert.NotNull(attempts.LockedFor("ADMIN", "192.0.2.1"));
        Assert.Null(attempts.LockedFor("ADMIN", "192.0.2.2"));

        for (var i = 0; i < SignInAttempts.PerName; i++)
            attempts.Failed("ADMIN", $"198.51.100.{i}");
        Assert.NotNull(attempts.LockedFor("ADMIN", "192.0.2.2"));
        Assert.Null(attempts.LockedFor("OTHER", "192.0.2.2"));
        time.Advance(SignInAttempts.Window);
        Assert.Null(attempts.LockedFor("ADMIN", "192.0.2.2"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"userName":null,"password":null}""")]
    [InlineData("""{"userName":"admin","password":""}""")]
    [InlineData("not json")]
    public async Task SignIn_BodyWithoutWhatIsNeeded_Is400(string body)
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();

        var response = await client.PostAsync(ApiRoutes.Session, new StringContent(body, null, "application/json"), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task SetUp_LinkOfAFreshHub_MakesTheFirstOperatorOnce()
    {
        await using var host = await SecurityHost.StartAsync(adminPassword: null);
        using var client = host.CreateClient();
        var token = host.Services.GetRequiredService<SetUpLink>().TokenToPrint;
        Assert.Equal(64, token!.Length);
        Assert.True((await client.GetFromJsonAsync<SessionInfo>(ApiRoutes.Session, Cancellation))!.SetUpNeeded);

        Assert.Equal(HttpStatusCode.Forbidden, (await SetUpAsync(client, new string('0', 64), "first")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await SetUpAsync(client, token, "first", "short")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await SetUpAsync(client, token, "policy:iothubowner")).StatusCode);
        var made = await SetUpAsync(client, token, "first");
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        Assert.Equal("first", await client.GetStringAsync("/api/v1/probe", Cancellation));
        Assert.False((await client.GetFromJsonAsync<SessionInfo>(ApiRoutes.Session, Cancellation))!.SetUpNeeded);

        using var second = host.CreateClient();
        Assert.Equal(HttpStatusCode.Forbidden, (await SetUpAsync(second, token, "second")).StatusCode);
        await SecurityHost.SignInAsync(second, "first");
        Assert.Null(host.Services.GetRequiredService<SetUpLink>().TokenToPrint);
    }

    [Fact]
    public async Task SetUp_TwoAtOnce_OneWins()
    {
        await using var host = await SecurityHost.StartAsync(adminPassword: null);
        using var client = host.CreateClient();
        var token = host.Services.GetRequiredService<SetUpLink>().TokenToPrint!;

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => SetUpAsync(client, token, $"op{i}")));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(3, answers.Count(answer => answer.StatusCode == HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task Start_AdminPasswordChanged_TakesTheNewOneAndEndsSessions()
    {
        await using var host = await SecurityHost.StartAsync("the first one");
        await using var scope = host.Services.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<OperatorAccounts>();
        Assert.False(await accounts.EnsureAdminAsync("the first one"));
        var stamp = (await host.Operators.FindByNameAsync("ADMIN", Cancellation))!.SecurityStamp;

        Assert.True(await accounts.EnsureAdminAsync("the second one"));

        Assert.NotEqual(stamp, (await host.Operators.FindByNameAsync("ADMIN", Cancellation))!.SecurityStamp);
        using var client = host.CreateClient();
        await SecurityHost.SignInAsync(client, password: "the second one");
        Assert.True(await accounts.HasAdminAsync());
        Assert.Contains(
            await host.Operators.GetClaimsAsync((await host.Operators.FindByNameAsync("ADMIN", Cancellation))!, Cancellation),
            claim => claim.Type == OperatorRoles.ClaimType && claim.Value == OperatorRoles.Admin && claim.ValueType == ClaimValueTypes.String);
    }

    [Fact]
    public async Task PasswordHash_CostsAtLeast210000Iterations()
    {
        await using var host = await SecurityHost.StartAsync(fullHashing: true);
        var hash = Convert.FromBase64String((await host.Operators.FindByNameAsync("ADMIN", Cancellation))!.PasswordHash!);

        // Version 3 of the format: marker, pseudo-random function, iterations, each big-endian; 2 stands for HMAC-SHA512.
        Assert.Equal((1, 2u), (hash[0], System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(1))));
        Assert.True(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5)) >= 210_000);
    }

    [Fact]
    public async Task CookieKeys_OnDisk_AreEncryptedAndForTheOwnerOnly()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        await SecurityHost.SignInAsync(client);
        var folder = Path.Combine(host.DataDirectory, "keys", "dataprotection");

        var xml = await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(folder)), Cancellation);

        Assert.DoesNotContain("masterKey", xml, StringComparison.Ordinal);
        Assert.Contains("<secret", xml, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
    }

    private static Task<HttpResponseMessage> SetUpAsync(HttpClient client, string token, string name, string password = SecurityHost.Password) =>
        client.PostAsJsonAsync(ApiRoutes.SetUp, new SetUpRequest(token, name, password), Cancellation);

    private static async Task<HttpStatusCode> ProbeWithAsync(SecurityHost host, string cookie)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = host.Plain };
        client.DefaultRequestHeaders.Add("Cookie", cookie);
        return (await client.GetAsync("/api/v1/probe", Cancellation)).StatusCode;
    }
}
