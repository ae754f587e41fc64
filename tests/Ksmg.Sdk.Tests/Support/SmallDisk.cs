using System.Diagnostics;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A file system in memory, mounted over a folder, of which room and inodes can be used up and which can be made read-only.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;
    private bool _isReadOnly;

    private SmallDisk(string folder) => _folder = folder;

    /// <summary>Where they may, and only there, people mount something over a folder.</summary>
    public static SmallDisk? TryMount(string folder)
    {
        Directory.CreateDirectory(folder);
        return Run("mount", "-t", "tmpfs", "-o", "size=4m,nr_inodes=400,mode=0700", "none", folder) ? new SmallDisk(folder) : null;
    }

    /// <summary>Uses up what is left of the room, or of the inodes.</summary>
    public void Exhaust(bool inodes)
    {
        byte[] block = new byte[4096];
        try
        {
            while (true)
            {
                using FileStream file = new(Path.Combine(_folder, $".{Guid.NewGuid():N}.fill"), FileMode.CreateNew, FileAccess.Write, FileShare.Read, 0);
                while (!inodes)
                {
                    file.Write(block);
                }
            }
        }
        catch (IOException)
        {
            // Now there is nothing left.
        }
    }

    /// <summary>Makes it read-only, unless somebody is writing.</summary>
    public bool TryMakeReadOnly() => _isReadOnly = Run("mount", "-o", "remount,ro", _folder);

    /// <summary>There is enough again of everything.</summary>
    public void Free()
    {
        if (_isReadOnly)
        {
            Assert.True(Run("mount", "-o", "remount,rw", _folder));
            _isReadOnly = false;
        }

        foreach (string file in Directory.EnumerateFiles(_folder, ".*.fill"))
        {
            File.Delete(file);
        }
    }

    public void Dispose() => Assert.True(Run("umount", "--lazy", _folder));

    private static bool Run(string program, params string[] args)
    {
        using Process run = Process.Start(new ProcessStartInfo(program, args) { UseShellExecute = false, RedirectStandardError = true })!;
        run.StandardError.ReadToEnd();
        run.WaitForExit();
        return run.ExitCode == 0;
    }
}
