using System.Diagnostics;
using System.Runtime.InteropServices;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Files that are whole or not there.</summary>
public sealed class DurableFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ksmg-durable-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_cannot_be_put_in_its_place_leaves_nothing_beside_it()
    {
        Directory.CreateDirectory(PathOf("taken"));

        Assert.ThrowsAny<Exception>(() => DurableFiles.Local.Replace(PathOf("taken"), "new"u8, durable: true));
        Assert.ThrowsAny<Exception>(() => DurableFiles.Local.WriteOnce(PathOf("taken"), "new"u8));

        Assert.Equal(["taken"], Names());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_is_replaced_as_a_whole(bool durable)
    {
        DurableFiles.Local.Replace(PathOf("file"), "longer than what comes"u8, durable);
        DurableFiles.Local.Replace(PathOf("file"), "short"u8, durable);

        Assert.Equal("short", File.ReadAllText(PathOf("file")));
        Assert.Equal(["file"], Names());
    }

    /// <summary>Its content first, its name after that: a name without content would be a file that is there and is not whole.</summary>
    [Fact]
    public void A_file_reaches_the_disk_before_its_name_does()
    {
        WatchedFiles files = new(_folder);
        files.Replace(PathOf("shown"), "one"u8, durable: false);
        Assert.Empty(files.Take());

        files.Replace(PathOf("kept"), "one"u8, durable: true);
        Assert.Equal(["new: 3 bytes", ".: kept shown"], files.Take());
        files.Replace(PathOf("kept"), "other"u8, durable: true);
        Assert.Equal(["new: 5 bytes", ".: kept shown"], files.Take());
    }

    [Theory]
    [InlineData("mine", true)]
    [InlineData("of another", false)]
    public void Of_two_that_write_a_file_at_once_the_first_stays(string written, bool isTheSame)
    {
        WatchedFiles files = new(_folder);
        files.Flushing = what =>
        {
            if (what == "new: 4 bytes")
            {
                File.WriteAllText(PathOf("file"), written);
            }
        };

        Assert.Equal(isTheSame, files.WriteOnce(PathOf("file"), "mine"u8));
        Assert.Equal(written, File.ReadAllText(PathOf("file")));
        Assert.Equal(["file"], Names());
    }

    [Fact]
    public void A_folder_that_is_not_there_cannot_be_made_durable_and_one_that_knows_no_such_thing_need_not_be()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        IOException refused = Assert.Throws<IOException>(() => DurableFiles.Local.FlushFolder(PathOf("nowhere")));
        Assert.Equal(Words.Get("journal.not-flushed", PathOf("nowhere"), Marshal.GetPInvokeErrorMessage(2)), refused.Message);
        DurableFiles.Local.FlushFolder(_folder);
        if (OperatingSystem.IsLinux())
        {
            DurableFiles.Local.FlushFolder("/proc");
        }
    }

    /// <summary>.NET calls a file that may not grow an argument out of range.</summary>
    [Fact]
    public void A_file_that_may_not_grow_cannot_be_written()
    {
        using SmallFile file = new(PathOf("small"));
        IOException refused = Assert.Throws<IOException>(() => DurableFiles.Local.Append(file, "x"u8));
        Assert.Equal(Words.Get("journal.no-growth"), refused.Message);
    }

    /// <summary>A command of an administrator for the run of another account.</summary>
    [Fact]
    public void What_an_administrator_writes_belongs_to_the_owner_of_its_folder()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return;
        }

        DurableFiles.Local.Replace(PathOf("of root"), "x"u8, durable: false);
        Assert.Equal("0:0:600", Tell("stat", "-c", "%u:%g:%a", PathOf("of root")));
        Tell("chown", "4711:4712", _folder);
        DurableFiles.Local.Replace(PathOf("of another"), "x"u8, durable: false);
        Assert.Equal("4711:4712:600", Tell("stat", "-c", "%u:%g:%a", PathOf("of another")));
        Assert.Equal("0:0:600", Tell("stat", "-c", "%u:%g:%a", PathOf("of root")));
    }

    private static string Tell(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string told = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(Eventually.Limit));
        Assert.Equal(0, process.ExitCode);
        return told.Trim();
    }

    private sealed class SmallFile(string path) : FileStream(path, FileMode.Create)
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new ArgumentOutOfRangeException(nameof(buffer));
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private IEnumerable<string?> Names() => Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
