using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Files that tell in which order they, and the names in their folders, reach the disk; and that fail where they are told to.</summary>
internal sealed class WatchedFiles(string root) : DurableFiles
{
    private readonly List<string> _flushed = [];

    /// <summary>In place of writing.</summary>
    public Action<FileStream, ReadOnlySpan<byte>>? Writing { get; init; }

    /// <summary>Before something is flushed, with what <see cref="Take"/> will tell of it.</summary>
    public Action<string>? Flushing { get; set; }

    /// <summary>Before a file is read, with its name.</summary>
    public Action<string>? Reading { get; init; }

    /// <summary>What was flushed since the last time: a file with its length, a folder with the names in it.</summary>
    public IReadOnlyList<string> Take()
    {
        IReadOnlyList<string> flushed = [.. _flushed];
        _flushed.Clear();
        return flushed;
    }

    public override void Append(FileStream file, ReadOnlySpan<byte> content)
    {
        if (Writing is null)
        {
            base.Append(file, content);
        }
        else
        {
            Writing(file, content);
        }
    }

    public override void Flush(FileStream file)
    {
        Tell($"{Name(file.Name)}: {file.Length} bytes");
        base.Flush(file);
    }

    public override void FlushFolder(string path)
    {
        Tell($"{Name(path)}: {string.Join(' ', Directory.GetFileSystemEntries(path).Select(Path.GetFileName).Order(StringComparer.Ordinal))}");
        base.FlushFolder(path);
    }

    public override byte[]? TryRead(string path, int maxBytes)
    {
        Reading?.Invoke(Name(path));
        return base.TryRead(path, maxBytes);
    }

    private void Tell(string what)
    {
        Flushing?.Invoke(what);
        _flushed.Add(what);
    }

    /// <summary>Below the root; the file that is written before it gets its name is <c>new</c>.</summary>
    private string Name(string path)
    {
        string name = Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');
        return name.EndsWith(".tmp", StringComparison.Ordinal) ? string.Concat(name.AsSpan(0, name.LastIndexOf('/') + 1), "new") : name;
    }
}
