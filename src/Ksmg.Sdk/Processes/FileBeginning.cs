namespace Ksmg.Sdk;

/// <summary>What a file begins with tells what it is, however large it may be.</summary>
internal static class FileBeginning
{
    private const int Most = 256;

    /// <summary>The first bytes of a file; <see langword="null"/>: it is not there, or cannot be read.</summary>
    public static byte[]? Read(string path)
    {
        byte[] start = new byte[Most];
        try
        {
            using FileStream file = File.OpenRead(path);
            return start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
