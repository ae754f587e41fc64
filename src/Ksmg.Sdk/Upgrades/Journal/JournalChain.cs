using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The hash chain of a journal. A record is one line of JSON whose last property is its hash:
/// SHA-256 over the previous hash (64 hexadecimal letters) and the line up to <c>,"hash":</c>. The first record follows the hash of the
/// plan's file, so that neither a record nor the plan can be exchanged unseen.
/// </summary>
internal static class JournalChain
{
    /// <summary>The longest line accepted, in bytes.</summary>
    public const int MaxLineBytes = 1024 * 1024;

    private const int HashLength = 64;

    private static readonly string NoHash = new('0', HashLength);

    private static ReadOnlySpan<byte> HashProperty => ",\"hash\":\""u8;

    private static ReadOnlySpan<byte> LineEnd => "\"}"u8;

    /// <summary>What the first record follows.</summary>
    public static string Seed(ReadOnlySpan<byte> planFile) => Convert.ToHexStringLower(SHA256.HashData(planFile));

    /// <summary>Makes the next record, and its line with the newline at its end.</summary>
    /// <exception cref="JournalException">The entry is too long for a line.</exception>
    public static (JournalRecord Record, byte[] Line) Seal(string previous, long sequence, DateTimeOffset at, long epoch, JournalEntry entry)
    {
        JournalRecord record = new(sequence, at, epoch, entry, NoHash);
        byte[] json = JournalJson.ToBytes(record);
        if (json.Length >= MaxLineBytes)
        {
            throw new JournalException(Words.Get("journal.record-too-large", MaxLineBytes, json.Length));
        }

        int body = json.Length - HashProperty.Length - HashLength - LineEnd.Length;
        string hash = Hash(previous, json.AsSpan(0, body));
        Encoding.ASCII.GetBytes(hash, json.AsSpan(body + HashProperty.Length));
        return (record with { Hash = hash }, [.. json, (byte)'\n']);
    }

    /// <summary>Reads a line (without its newline) that must follow <paramref name="previous"/>; the reason why not, if it does not.</summary>
    public static bool TryOpen(
        ReadOnlySpan<byte> line, string previous, long sequence, [NotNullWhen(true)] out JournalRecord? record, [NotNullWhen(false)] out string? defect)
    {
        record = null;
        int body = line.Length - HashProperty.Length - HashLength - LineEnd.Length;
        if (body <= 0 || !line[body..].StartsWith(HashProperty) || !line.EndsWith(LineEnd))
        {
            defect = Words.Get("damage.no-hash");
            return false;
        }

        Span<char> stored = stackalloc char[HashLength];
        Encoding.Latin1.GetChars(line.Slice(body + HashProperty.Length, HashLength), stored);
        if (!stored.SequenceEqual(Hash(previous, line[..body])))
        {
            defect = Words.Get("damage.wrong-hash");
            return false;
        }

        try
        {
            record = JournalJson.ReadRecord(line);
        }
        catch (JsonException e)
        {
            defect = Words.Get("damage.record", e.Message);
            return false;
        }

        defect = record.Sequence == sequence ? null : Words.Get("damage.wrong-number", record.Sequence);
        return defect is null;
    }

    private static string Hash(string previous, ReadOnlySpan<byte> body)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(HashLength + body.Length);
        Span<byte> content = rented.AsSpan(0, HashLength + body.Length);
        Encoding.ASCII.GetBytes(previous, content);
        body.CopyTo(content[HashLength..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, digest);
        ArrayPool<byte>.Shared.Return(rented);
        return Convert.ToHexStringLower(digest);
    }
}
