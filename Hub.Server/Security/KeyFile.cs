using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hub.Server.Registry;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security;

/// <summary>
/// The file that opens every secret at rest: <c>{DataDirectory}/keys/hub.key</c>, mode 0600, apart from the database so that a copy
/// of the database alone gives nothing away. A line for each version of the key: its number and 32 bytes in base64; the highest
/// encrypts, all decrypt. Made when the first secret is to be kept. Singleton; safe from any thread.
/// </summary>
internal sealed class KeyFile(IOptions<HubOptions> hub)
{
    private const int KeyBytes = 32;

    private readonly Lock _lock = new();
    private FrozenDictionary<uint, byte[]>? _keys;

    public string Path { get; } = System.IO.Path.Combine(hub.Value.FullDataDirectory, "keys", "hub.key");

    public bool Exists => File.Exists(Path);

    /// <summary>Whether the file's mode lets other users read or write it.</summary>
    public bool IsOpenToOthers => Exists && PrivateFile.IsReadableByOthers(Path);

    /// <summary>The key that encrypts; the file is made when there is none.</summary>
    public (uint Version, byte[] Key) Newest()
    {
        var keys = Load(create: true);
        var version = keys.Keys.Max();
        return (version, keys[version]);
    }

    /// <summary>The key of a version.</summary>
    /// <exception cref="CryptographicException">The file or the version is missing.</exception>
    public byte[] Find(uint version) =>
        Load(create: false).TryGetValue(version, out var key)
            ? key
            : throw new CryptographicException(
                $"The key file {Path} holds no key of version {version}. Restore the file that belongs to this database.");

    private FrozenDictionary<uint, byte[]> Load(bool create)
    {
        lock (_lock)
        {
            if (_keys is not null)
                return _keys;
            if (create && !Exists)
            {
                var line = $"1 {Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes))}\n";
                // Another process may be quicker: then its key counts, and is read below.
                PrivateFile.Write(Path, Encoding.ASCII.GetBytes(line), replace: false);
            }

            if (!Exists)
                throw new CryptographicException($"The key file {Path} is missing. Restore the file that belongs to this database.");
            return _keys = File.ReadLines(Path).Where(line => line.Length > 0).Select(Parse).ToFrozenDictionary(key => key.Version, key => key.Key);
        }
    }

    private (uint Version, byte[] Key) Parse(string line)
    {
        var key = new byte[KeyBytes];
        return line.Split(' ') is [var number, var text]
            && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            && Convert.TryFromBase64String(text, key, out var written) && written == KeyBytes
            ? (version, key)
            : throw new CryptographicException($"The key file {Path} is damaged: a line is no number followed by {KeyBytes} bytes in base64.");
    }
}
