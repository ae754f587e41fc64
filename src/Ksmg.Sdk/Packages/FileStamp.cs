using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ksmg.Sdk.Packages;

/// <summary>What tells a file from the one that was there before under the same name.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FileStamp(long Length, DateTime LastWriteTimeUtc)
{
    public static FileStamp Of(SafeFileHandle file) => new(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));
}
