using System.Security.Cryptography;
using System.Text;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Tests.Support;
using Microsoft.Extensions.Options;
using Xunit;

namespace Hub.Tests.Security;

public sealed class KeyProtectorTests : IDisposable
{
    private const string Place = "device|d1|primary";

    private readonly TempFolder _folder = new();

    [Fact]
    public void Unprotect_SamePlaceAfterRestart_GivesTheSecret()
    {
        var sealedSecret = Create().Protect("a secret"u8, Place);

        Assert.Equal("a secret", Encoding.UTF8.GetString(Create().Unprotect(sealedSecret, Place)));
    }

    [Theory]
    [InlineData("device|d1|secondary")]
    [InlineData("device|d2|primary")]
    [InlineData("")]
    public void Unprotect_MovedToAnotherPlace_Refuses(string place)
    {
        var sealedSecret = Create().Protect("a secret"u8, Place);

        Assert.Throws<CryptographicException>(() => Create().Unprotect(sealedSecret, place));
    }

    [Fact]
    public void Unprotect_AnyByteChangedOrCut_Refuses()
    {
        var protector = Create();
        var sealedSecret = protector.Protect("a secret"u8, Place);
        for (var i = 0; i < sealedSecret.Length; i++)
        {
            var changed = sealedSecret.ToArray();
            changed[i] ^= 1;
            Assert.Throws<CryptographicException>(() => protector.Unprotect(changed, Place));
            Assert.Throws<CryptographicException>(() => protector.Unprotect(sealedSecret.AsSpan(0, i), Place));
        }
    }

    [Fact]
    public void Protect_SameSecretTwice_LooksDifferentAndHidesIt()
    {
        var protector = Create();
        var one = protector.Protect("a secret"u8, Place);

        Assert.NotEqual(one, protector.Protect("a secret"u8, Place));
        Assert.Equal(-1, one.AsSpan().IndexOf("secret"u8));
    }

    [Fact]
    public void Unprotect_KeyFileMissing_SaysWhichAndMakesNone()
    {
        var sealedSecret = Create().Protect("a secret"u8, Place);
        File.Delete(_folder.At("keys", "hub.key"));

        var e = Assert.Throws<CryptographicException>(() => Create().Unprotect(sealedSecret, Place));

        Assert.Contains(_folder.At("keys", "hub.key"), e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.At("keys", "hub.key")));
    }

    [Fact]
    public void Unprotect_AnotherKeyFile_Refuses()
    {
        var sealedSecret = Create().Protect("a secret"u8, Place);
        File.Delete(_folder.At("keys", "hub.key"));
        var other = Create();
        other.Protect("another"u8, Place);

        Assert.Throws<CryptographicException>(() => other.Unprotect(sealedSecret, Place));
    }

    [Fact]
    public void Protect_KeyFileWithNewerLine_UsesItAndStillOpensTheOld()
    {
        var old = Create().Protect("a secret"u8, Place);
        File.AppendAllText(_folder.At("keys", "hub.key"), $"2 {Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}\n");
        var protector = Create();

        Assert.Equal(2, protector.Protect("a secret"u8, Place)[4]);
        Assert.Equal("a secret"u8, protector.Unprotect(old, Place));
    }

    [Fact]
    public void Protect_FirstTime_MakesAFileForTheOwnerOnly()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        Create().Protect("a secret"u8, Place);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.At("keys", "hub.key")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.At("keys")));
    }

    public void Dispose() => _folder.Dispose();

    private KeyProtector Create() => new(new KeyFile(Options.Create(new HubOptions { DataDirectory = _folder.Path })));
}
