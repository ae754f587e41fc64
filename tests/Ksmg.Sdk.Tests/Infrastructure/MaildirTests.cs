using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

public sealed class MaildirTests : IDisposable
{
    private const string MessageId = "<ksmg-upgrade.run1.gw1.1@ksmg-upgrade.invalid>";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-maildir-");

    public MaildirTests()
    {
        _folder.CreateSubdirectory("new");
        _folder.CreateSubdirectory("cur");
    }

    [Fact]
    public async Task A_message_is_found_in_both_folders_and_counted_once_wherever_it_is_moved()
    {
        string read = Write("cur/1.M1.host:2,S", $"Received: from a by gw1.example.test (Postfix)\nMessage-ID: {MessageId}\n\n");
        Write("new/2.M2.host", $"Subject: x\nMessage-ID: <other@x>\n\nMessage-ID: {MessageId}\n");
        Write("new/3.M3.host", string.Empty);
        ProbeCopy copy = Assert.Single(await Probe().FindAsync(MessageId));
        Assert.Equal("gw1.example.test", copy.ViaHost);
        Assert.Equal(File.GetLastWriteTimeUtc(read), copy.ReceivedAt!.Value.UtcDateTime);

        // As a reader leaves it that was stopped between link and unlink.
        Write("new/1.M1.host", $"Message-ID: {MessageId}\n\n");
        Assert.Single(await Probe().FindAsync(MessageId));
        Write("new/4.M4.host", $"Message-ID: {MessageId}\r\n\r\n");
        Assert.Equal(2, (await Probe().FindAsync(MessageId)).Count);
    }

    [Fact]
    public async Task Only_heads_are_read_and_only_of_recent_files()
    {
        Write("new/1", $"Subject: {new string('x', 70_000)}\nMessage-ID: {MessageId}\n\n");
        File.SetLastWriteTimeUtc(Write("new/2", $"Message-ID: {MessageId}\n\n"), TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-8));
        Assert.Empty(await Probe().FindAsync(MessageId));
    }

    /// <summary>What is a message and what is none, by its name.</summary>
    [Theory]
    [InlineData("new/1764126000.M1P2.mx", 1)]
    [InlineData("new/1764126000.M1P2.mx,S=60,W=62", 1)]
    [InlineData("cur/1764126000.M1P2.mx,S=60:2,FRSab", 1)]
    [InlineData("cur/1764126000.M1P2.mx:2,", 1)]
    [InlineData("cur/1764126000.M1P2.mx;2,S", 1)]
    [InlineData("cur/1764126000.M1P2.mx!2,S", 1)]
    [InlineData("new/.nfs000000000a1b2c3d00000001", 0)]
    [InlineData("cur/.1764126000.M1P2.mx.Xy12Zq", 0)]
    [InlineData("tmp/1764126000.M1P2.mx", 0)]
    [InlineData("1764126000.M1P2.mx", 0)]
    [InlineData("new/folder/1764126000.M1P2.mx", 0)]
    [InlineData(".Sub/new/1764126000.M1P2.mx", 0)]
    public async Task A_name_tells_what_is_a_message(string name, int found)
    {
        Write(name, $"Message-ID: {MessageId}\n\n");
        Assert.Equal(found, (await Probe().FindAsync(MessageId)).Count);
    }

    /// <summary>However flags are set apart, and a copy that is still being written beside it.</summary>
    [Theory]
    [InlineData(":2,S")]
    [InlineData(";2,S")]
    [InlineData("!2,RS")]
    public async Task A_message_that_moves_during_a_look_is_one(string flags)
    {
        Write("new/1.M1P2.mx", $"Message-ID: {MessageId}\n\n");
        Write("cur/1.M1P2.mx" + flags, $"Message-ID: {MessageId}\n\n");
        Write("cur/.1.M1P2.mx.Xy12Zq", $"Message-ID: {MessageId}\n\n");
        Assert.Single(await Probe().FindAsync(MessageId));
    }

    /// <summary>Others come and go all the time: however unlucky a look is, it never blames the file that was gone.</summary>
    [Fact]
    public async Task What_goes_between_its_name_and_its_size_is_looked_for_again()
    {
        for (int i = 0; i < 100; i++)
        {
            Write($"cur/{i}.M1P2.mx:2,", "Message-ID: <other@x>\n\n");
        }

        using CancellationTokenSource over = new();
        Task others = Task.Run(() =>
        {
            for (int i = 0; !over.IsCancellationRequested; i++)
            {
                File.Delete(Write($"cur/{i}.M3P4.mx:2,", "Message-ID: <other@x>\n\n"));
            }
        });
        List<Exception?> causes = [];
        for (int i = 0; i < 200; i++)
        {
            causes.Add((await Record.ExceptionAsync(() => Probe().FindAsync(MessageId)))?.InnerException);
        }

        await over.CancelAsync();
        await others;
        Assert.DoesNotContain(causes, cause => cause is FileNotFoundException);
        Assert.Contains(causes, cause => cause is null);
    }

    [Fact]
    public async Task A_folder_within_is_a_Maildir_of_its_own()
    {
        Write(".Probe/cur/1.M1P2.mx:2,S", $"Message-ID: {MessageId}\n\n");
        _folder.CreateSubdirectory(".Probe/new");
        Assert.Empty(await Probe().FindAsync(MessageId));
        Assert.Single(await Probe(".Probe").FindAsync(MessageId));
    }

    [Theory]
    [InlineData("1F8B08")]
    [InlineData("425A683931")]
    [InlineData("FD377A585A00")]
    [InlineData("28B52FFD04")]
    public async Task Compressed_mail_is_named_instead_of_searched_in_vain(string head)
    {
        File.WriteAllBytes(Path.Combine(_folder.FullName, "cur", "1.M1P2.mx:2,S"), Convert.FromHexString(head));
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => Probe().FindAsync(MessageId));
        Assert.Contains("its files are compressed (1.M1P2.mx:2,S)", e.Message, StringComparison.Ordinal);
        Assert.Contains(await Probe().TestAsync([]), r => !r.Works && r.Text.Contains("compressed", StringComparison.Ordinal));
    }

    [ServerFact("mkfifo")]
    public async Task What_is_no_regular_file_holds_nobody_up()
    {
        await ServerProcess.RunAsync("mkfifo", Path.Combine(_folder.FullName, "new", "1.M1P2.mx"));
        Write("new/2.M1P2.mx", $"Message-ID: {MessageId}\n\n");
        Assert.Single(await Probe().FindAsync(MessageId).WaitAsync(Eventually.Limit));
    }

    [Fact]
    public async Task A_link_is_not_followed()
    {
        string target = Write("elsewhere", $"Message-ID: {MessageId}\n\n");
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "new", "1"), target);
        Assert.Empty(await Probe().FindAsync(MessageId));
    }

    [Fact]
    public async Task A_folder_that_is_none_is_an_error_and_a_result_of_the_self_test()
    {
        Directory.Delete(Path.Combine(_folder.FullName, "cur"));
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => Probe().FindAsync(MessageId));
        Assert.Contains("MailProbe:Maildir", e.Message, StringComparison.Ordinal);
        Assert.Contains(
            await Probe().TestAsync([]), r => r is { Works: false, Remedy: not null } && r.Subject.Contains(_folder.FullName, StringComparison.Ordinal));
        _folder.CreateSubdirectory("cur");
        Assert.Contains(await Probe().TestAsync([]), r => r is { Works: true });
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    private SmtpMaildirMailProbe Probe(string folder = "") => new(
        new SmtpMaildirOptions
        {
            From = "a@example.test",
            To = "b@example.test",
            Maildir = Path.Combine(_folder.FullName, folder),
        }, MockCluster.Of(("gw1", "127.0.0.1:1", "gw1.example.test")));
}
