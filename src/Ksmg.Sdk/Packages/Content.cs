using System.Text;
using System.Text.Unicode;

namespace Ksmg.Sdk.Packages;

/// <summary>What a file is, as far as its first bytes tell.</summary>
internal enum ContentKind
{
    Unknown,
    Zip,
    Volume,
    Zeros,
    AppleDouble,
    Html,
    Json,
    Pdf,
    Text,
    Gzip,
    Tar,
    SevenZip,
    Rar,
    Xz,
    Bzip2,
    Zstandard,
}

/// <summary>Recognizes what is taken for a package by mistake. What a KTGZ looks like inside is not documented: only what is none is known.</summary>
internal static class Content
{
    /// <summary>So many bytes are looked at.</summary>
    public const int Enough = 512;

    private static readonly byte[][] Tags = [.. new[] { "<!", "<?", "<html", "<head", "<script", "<meta" }.Select(Encoding.ASCII.GetBytes)];

    /// <summary>What a file begins with, by the kind of file.</summary>
    private static readonly (ContentKind Kind, byte[] Start)[] Beginnings =
    [
        (ContentKind.Zip, [0x50, 0x4B, 3, 4]),
        (ContentKind.Zip, [0x50, 0x4B, 5, 6]),
        (ContentKind.Volume, [0x50, 0x4B, 7, 8]),
        (ContentKind.AppleDouble, [0, 5, 0x16, 7]),
        (ContentKind.AppleDouble, [0, 5, 0x16, 0]),
        (ContentKind.Pdf, "%PDF-"u8.ToArray()),
        (ContentKind.Html, "bplist00"u8.ToArray()),
        (ContentKind.Gzip, [0x1F, 0x8B]),
        (ContentKind.SevenZip, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        (ContentKind.Rar, "Rar!\x1A\x07"u8.ToArray()),
        (ContentKind.Xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
        (ContentKind.Bzip2, "BZh"u8.ToArray()),
        (ContentKind.Zstandard, [0x28, 0xB5, 0x2F, 0xFD]),
    ];

    public static ContentKind Recognize(ReadOnlySpan<byte> start)
    {
        foreach ((ContentKind kind, byte[] beginning) in Beginnings)
        {
            if (start.StartsWith(beginning))
            {
                return kind;
            }
        }

        const int tarMark = 257;
        if (start.Length > tarMark && start[tarMark..].StartsWith("ustar"u8))
        {
            return ContentKind.Tar;
        }

        return !start.IsEmpty && !start.ContainsAnyExcept((byte)0) ? ContentKind.Zeros : RecognizeText(start);
    }

    /// <summary>What a browser saves where a download needed a login or has failed.</summary>
    public static bool IsPage(ContentKind kind) => kind is ContentKind.Html or ContentKind.Json or ContentKind.Pdf or ContentKind.Text;

    /// <summary>What holds other files, or one in packed form.</summary>
    public static bool IsArchive(ContentKind kind) => kind is ContentKind.Gzip or ContentKind.Tar or ContentKind.SevenZip or ContentKind.Rar
        or ContentKind.Xz or ContentKind.Bzip2 or ContentKind.Zstandard;

    /// <summary>What people call such a file.</summary>
    public static string Name(ContentKind kind) => Words.Get($"package.kind.{kind}");

    private static ContentKind RecognizeText(ReadOnlySpan<byte> start)
    {
        string? text = Decode(start)?.TrimStart();
        return text switch
        {
            ['<', (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or '!' or '?', ..] => ContentKind.Html,
            ['{' or '[', ..] => ContentKind.Json,
            not null when start.Length > 0 => ContentKind.Text,

            // In an old code page its tags are readable still.
            _ when Array.Exists(Tags, StartsWith(start.TrimStart(" \t\r\n"u8).ToArray())) => ContentKind.Html,
            _ => ContentKind.Unknown,
        };
    }

    private static Predicate<byte[]> StartsWith(byte[] start) => tag => start.Length > tag.Length && Ascii.EqualsIgnoreCase(start.AsSpan(0, tag.Length), tag);

    /// <summary>The text that the bytes are, the last character of which may be cut; <see langword="null"/> when they are none.</summary>
    private static string? Decode(ReadOnlySpan<byte> bytes)
    {
        Encoding encoding = bytes switch
        {
            [0xFF, 0xFE, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
            _ => Encoding.UTF8,
        };
        int cut = 0;
        while (ReferenceEquals(encoding, Encoding.UTF8) && cut < 4 && cut < bytes.Length && !Utf8.IsValid(bytes[..^cut]))
        {
            cut++;
        }

        string text = encoding.GetString(bytes[..^cut]).TrimStart('\uFEFF');
        return text.Contains('\uFFFD', StringComparison.Ordinal) || text.Any(c => char.IsControl(c) && !char.IsWhiteSpace(c)) ? null : text;
    }
}
