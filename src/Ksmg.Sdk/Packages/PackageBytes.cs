using Microsoft.Win32.SafeHandles;

namespace Ksmg.Sdk.Packages;

/// <summary>The bytes of a package file by their place, and refusals that name the file.</summary>
internal sealed class PackageBytes(SafeFileHandle file, string path)
{
    public string Path => path;

    public long Length { get; } = RandomAccess.GetLength(file);

    /// <summary>The bytes from a place on: as many as there are, so none where a lie leads out of the file.</summary>
    public byte[] Read(long offset, int count)
    {
        if (offset < 0 || offset >= Length)
        {
            return [];
        }

        byte[] bytes = new byte[Math.Min(count, Length - offset)];
        int filled = 0;
        int read;
        while (filled < bytes.Length && (read = RandomAccess.Read(file, bytes.AsSpan(filled), offset + filled)) > 0)
        {
            filled += read;
        }

        return bytes[..filled];
    }

    public bool Has(long offset, ReadOnlySpan<byte> signature) => Read(offset, signature.Length).AsSpan().SequenceEqual(signature);

    public PackageException Refuse(string why) => PackageSource.Refuse(path, null, why);
}
