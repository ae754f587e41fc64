using Ksmg.Cli;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Cli;

/// <summary>Files that a person asked for with <c>--out</c>.</summary>
public sealed class NewFileTests : IDisposable
{
    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_there_is_left_alone()
    {
        string path = _folder.Write("plan.json", [1]);

        CliException e = await Assert.ThrowsAsync<CliException>(() => NewFile.WriteAsync(path, "text", CancellationToken.None));

        Assert.Contains("is there already", e.Message, StringComparison.Ordinal);
        Assert.Equal([1], await File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task Who_stops_while_it_is_written_finds_nothing_in_the_way_of_the_next_try()
    {
        using CancellationTokenSource stop = new();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => NewFile.WriteAsync(_folder["plan.json"], "text", stop.Token));

        Assert.False(File.Exists(_folder["plan.json"]));
    }

    /// <summary>A full disk was called a file that is there already, and half a file was.</summary>
    [Fact]
    public async Task A_full_disk_is_called_one()
    {
        string place = _folder["disk"];
        using SmallDisk? disk = OperatingSystem.IsLinux() ? SmallDisk.TryMount(place) : null;
        if (disk is null)
        {
            // Nobody may mount a small disk here.
            return;
        }

        disk.Exhaust(inodes: false);
        string path = Path.Combine(place, "plan.json");

        await Assert.ThrowsAsync<IOException>(() => NewFile.WriteAsync(path, "text", CancellationToken.None));

        Assert.False(File.Exists(path));
        disk.Free();
        await NewFile.WriteAsync(path, "text", CancellationToken.None);
        Assert.Equal("text", await File.ReadAllTextAsync(path));
    }
}
