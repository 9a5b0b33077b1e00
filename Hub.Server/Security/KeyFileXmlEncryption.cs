using System.Text;
using System.Xml.Linq;
using Hub.Server.Registry;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security;

/// <summary>
/// Keeps the keys that seal cookies under <c>{DataDirectory}/keys/dataprotection</c>, a folder of mode 0700, encrypted with the key
/// file. Losing them signs everybody out and no more: devices' keys do not depend on them.
/// </summary>
internal sealed class CookieKeys(IOptions<HubOptions> hub, IKeyProtector protector, ILoggerFactory loggers) : IConfigureOptions<KeyManagementOptions>
{
    public void Configure(KeyManagementOptions options)
    {
        var folder = Path.Combine(hub.Value.FullDataDirectory, "keys", "dataprotection");
        PrivateFile.CreateFolder(folder);
        options.XmlRepository = new FileSystemXmlRepository(new DirectoryInfo(folder), loggers);
        options.XmlEncryptor = new KeyFileXmlEncryptor(protector);
    }
}

/// <summary>Encrypts a key of the framework with the key file.</summary>
internal sealed class KeyFileXmlEncryptor(IKeyProtector protector) : IXmlEncryptor
{
    public const string Place = "dataprotection";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        return new EncryptedXmlInfo(new XElement("secret", Convert.ToBase64String(protector.Protect(plain, Place))), typeof(KeyFileXmlDecryptor));
    }
}

/// <summary>Its counterpart; the framework makes it by name, with this one constructor.</summary>
internal sealed class KeyFileXmlDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        var plain = services.GetRequiredService<IKeyProtector>().Unprotect(Convert.FromBase64String(encryptedElement.Value), KeyFileXmlEncryptor.Place);
        return XElement.Parse(Encoding.UTF8.GetString(plain));
    }
}
