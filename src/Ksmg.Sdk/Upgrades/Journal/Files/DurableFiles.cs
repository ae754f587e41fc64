using System.Runtime.InteropServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Files that are whole or not there, whatever happens in between: write beside, flush, rename, flush the folder. They are for the owner of
/// their folder alone: what a run saves may hold what others must not read. Tests watch the order, and let parts fail.
/// </summary>
internal class DurableFiles
{
    /// <summary>Those of this machine.</summary>
    public static DurableFiles Local { get; } = new();

    /// <summary>Creates a folder for its owner alone, durably.</summary>
    public void CreateFolder(string path)
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
    public bool WriteOnce(string path, ReadOnlySpan<byte> content)
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
    public void Replace(string path, ReadOnlySpan<byte> content, bool durable) => Write(path, content, durable, overwrite: true);

    /// <summary>The content of a file, or <see langword="null"/> when it is not there.</summary>
    /// <exception cref="JournalException">It is larger than the limit.</exception>
    public virtual byte[]? TryRead(string path, int maxBytes)
    {
        try
        {
            // Shared with everything: on Windows a reader must not stand in the way of a rename.
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (file.Length > maxBytes)
            {
                throw new JournalException(Words.Get("journal.file-limit", path, file.Length, maxBytes));
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

    /// <summary>Opens or creates a file for its owner alone.</summary>
    /// <param name="path">Where.</param>
    /// <param name="mode">Whether it has to be there.</param>
    /// <param name="access">What is done with it.</param>
    public static FileStream Open(string path, FileMode mode, FileAccess access)
    {
        FileStreamOptions options = new() { Mode = mode, Access = access, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    /// <summary>Writes where the file stands.</summary>
    /// <exception cref="IOException">It cannot be written: .NET calls a file that may not grow an argument out of range.</exception>
    public virtual void Append(FileStream file, ReadOnlySpan<byte> content)
    {
        try
        {
            file.Write(content);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new IOException(Words.Get("journal.no-growth"), e);
        }
    }

    /// <summary>Makes durable what was written to a file.</summary>
    public virtual void Flush(FileStream file) => file.Flush(flushToDisk: true);

    /// <summary>Makes created and renamed names durable. Windows does that by itself.</summary>
    public virtual void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const int readOnly = 0;
        const int invalidArgument = 22; // a file system that does not flush folders
        int descriptor = Succeeded(Native.Open(path, readOnly));
        try
        {
            Succeeded(Native.FSync(descriptor));
        }
        finally
        {
            _ = Native.Close(descriptor);
        }

        int Succeeded(int result) => result >= 0 || Marshal.GetLastPInvokeError() == invalidArgument
            ? result
            : throw new IOException(Words.Get("journal.not-flushed", path, Marshal.GetLastPInvokeErrorMessage()));
    }

    private void Write(string path, ReadOnlySpan<byte> content, bool durable, bool overwrite)
    {
        string folder = Path.GetDirectoryName(path)!;
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            using (FileStream file = Open(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                GiveToOwnerOf(folder, temporary);
                Append(file, content);
                if (durable)
                {
                    Flush(file);
                }
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

    /// <summary>What an administrator says to another account's run has to be readable for that account.</summary>
    private static void GiveToOwnerOf(string folder, string file)
    {
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Native.TryGetOwner(folder) is { } owner && owner.User != 0)
        {
            _ = Native.ChangeOwner(file, owner.User, owner.Group);
        }
    }

    private static class Native
    {
        private const int CurrentFolder = -100;
        private const uint Owners = 0x8 | 0x10;
        private const int UserAt = 20;
        private const int GroupAt = 24;

        /// <summary>Owner and group of a file; <see langword="null"/> where the system does not tell.</summary>
        public static (uint User, uint Group)? TryGetOwner(string path)
        {
            byte[] status = new byte[256];
            try
            {
                return StatX(CurrentFolder, path, 0, Owners, status) == 0
                    ? (BitConverter.ToUInt32(status, UserAt), BitConverter.ToUInt32(status, GroupAt))
                    : null;
            }
            catch (EntryPointNotFoundException)
            {
                return null;
            }
        }

        [DllImport("libc", EntryPoint = "statx", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int StatX(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] status);

        [DllImport("libc", EntryPoint = "chown", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int ChangeOwner([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint user, uint group);

        [DllImport("libc", EntryPoint = "open", SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
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
