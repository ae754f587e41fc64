using System.Runtime.InteropServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Files that are whole or not there, whatever happens in between: write beside, flush, rename, flush the folder.</summary>
internal static class DurableFiles
{
    /// <summary>Creates a folder for its owner alone, durably; saved configuration may hold what others must not read.</summary>
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        string parent = Path.GetDirectoryName(path)!;
        CreateFolder(parent);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        FlushFolder(parent);
    }

    /// <summary>Writes a file that is not there yet, or is there with this very content.</summary>
    /// <returns>Whether it is so now; <see langword="false"/> when it has other content, which stays.</returns>
    public static bool WriteOnce(string path, ReadOnlySpan<byte> content)
    {
        if (!File.Exists(path))
        {
            CreateFolder(Path.GetDirectoryName(path)!);
            try
            {
                Write(path, content, durable: true, overwrite: false);
                return true;
            }
            catch (IOException) when (File.Exists(path))
            {
                // Somebody was faster.
            }
        }

        return new FileInfo(path).Length == content.Length && content.SequenceEqual(TryRead(path, content.Length));
    }

    /// <summary>Replaces a file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="content">The new content.</param>
    /// <param name="durable">Whether it must survive a power cut; without, it only is never seen half-written.</param>
    public static void Replace(string path, ReadOnlySpan<byte> content, bool durable) => Write(path, content, durable, overwrite: true);

    /// <summary>The content of a file, or <see langword="null"/> when it is not there.</summary>
    /// <exception cref="JournalException">It is larger than the limit.</exception>
    public static byte[]? TryRead(string path, int maxBytes)
    {
        try
        {
            // Shared with everything: on Windows a reader must not stand in the way of a rename.
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (file.Length > maxBytes)
            {
                throw new JournalException($"{path} has {file.Length} bytes; up to {maxBytes} are accepted.");
            }

            byte[] content = new byte[file.Length];
            file.ReadExactly(content);
            return content;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Makes created and renamed names durable. Windows does that by itself.</summary>
    public static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const int readOnly = 0;
        const int invalidArgument = 22; // a file system that does not flush folders
        int descriptor = Native.Open(path, readOnly);
        if (descriptor < 0)
        {
            throw new IOException($"The folder {path} cannot be flushed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        int error = Native.FSync(descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();
        _ = Native.Close(descriptor);
        if (error is not 0 and not invalidArgument)
        {
            throw new IOException($"The folder {path} cannot be flushed: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    private static void Write(string path, ReadOnlySpan<byte> content, bool durable, bool overwrite)
    {
        string folder = Path.GetDirectoryName(path)!;
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.Write(content);
                file.Flush(flushToDisk: durable);
            }

            File.Move(temporary, path, overwrite);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        if (durable)
        {
            FlushFolder(folder);
        }
    }

    private static class Native
    {
        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int FSync(int descriptor);

        [DllImport("libc", EntryPoint = "close", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Close(int descriptor);
    }
}
