using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Hub.Server.Storage.Model;

namespace Hub.Server.Storage.Sqlite;

/// <summary>
/// Makes cursors: where a page ended, sealed together with the question it answered, so that one that was changed, made up, or given
/// with another question is refused. The key rests in the database, so that cursors outlive a restart.
/// </summary>
internal sealed class CursorSeal(ControlReaders readers)
{
    private const int SealBytes = 16;

    private byte[]? _key;

    public string Seal(string question, string place)
    {
        var text = Encoding.UTF8.GetBytes(place);
        return Base64Url.EncodeToString([.. SealOf(question, text), .. text]);
    }

    /// <exception cref="FormatException">The cursor is not one of this question.</exception>
    public string Open(string question, string cursor)
    {
        Span<byte> bytes = new byte[Base64Url.GetMaxDecodedLength(cursor.Length)];
        if (Base64Url.IsValid(cursor) && Base64Url.TryDecodeFromChars(cursor, bytes, out var written) && written >= SealBytes)
        {
            var place = bytes[SealBytes..written];
            if (CryptographicOperations.FixedTimeEquals(bytes[..SealBytes], SealOf(question, place)))
                return Encoding.UTF8.GetString(place);
        }

        throw new FormatException("The cursor is not one that was given for this query; leave it out to begin at the first page.");
    }

    private byte[] SealOf(string question, ReadOnlySpan<byte> place)
    {
        // The length in front keeps question and place apart.
        byte[] all = [.. Encoding.UTF8.GetBytes($"{question.Length}:{question}"), .. place];
        return HMACSHA256.HashData(_key ??= ReadKey(), all)[..SealBytes];
    }

    private byte[] ReadKey() => readers.Read(0, static (reader, _) =>
    {
        using var command = reader.Connection.Command("SELECT Value FROM Settings WHERE Name = $name", ("$name", SettingRow.CursorKey));
        return (byte[])command.ExecuteScalar()!;
    });
}
