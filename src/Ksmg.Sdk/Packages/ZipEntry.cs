namespace Ksmg.Sdk.Packages;

/// <summary>An entry as the directory of a ZIP describes it.</summary>
internal sealed record ZipEntry
{
    private const uint TypeMask = 0xF000_0000;
    private const uint FolderType = 0x4000_0000;
    private const uint LinkType = 0xA000_0000;
    private const uint DosFolder = 0x10;

    /// <summary>The name with its folders, in whichever slashes it is written.</summary>
    public required string Name { get; init; }

    /// <summary>The name's bytes as they stand there.</summary>
    public required byte[] RawName { get; init; }

    public required int Flags { get; init; }

    public required int Method { get; init; }

    public required uint Crc { get; init; }

    public required long Length { get; init; }

    public required long CompressedLength { get; init; }

    /// <summary>Where the header before its bytes lies in the file.</summary>
    public required long Offset { get; init; }

    /// <summary>The low half is of DOS, the high half of Unix.</summary>
    public required uint Attributes { get; init; }

    public bool IsEncrypted => (Flags & 1) != 0;

    public bool IsFolder => Name is [.., '/' or '\\'] || (Length == 0 && ((Attributes & DosFolder) != 0 || (Attributes & TypeMask) == FolderType));

    public bool IsLink => (Attributes & TypeMask) == LinkType;

    /// <summary>The name as every system writes it, by which two of the same are known.</summary>
    public static string Plain(string name)
    {
        string plain = name.Replace('\\', '/');
        return plain.StartsWith("./", StringComparison.Ordinal) ? plain[2..] : plain;
    }
}
