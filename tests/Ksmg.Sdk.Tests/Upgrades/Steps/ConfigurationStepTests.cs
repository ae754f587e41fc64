using System.Security.Cryptography;
using System.Text;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>What is copied out of a node before its update, and what is written back afterwards, asked directly: nothing is lost, nothing of the vendor's
/// is overwritten. Of gw3.</summary>
public sealed class ConfigurationStepTests
{
    private const string Save = "S5/gw3/-";
    private const string Restore = "S12/gw3/-";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly string Shipped = new('b', 64);

    [Fact]
    public void The_configuration_is_saved_once()
    {
        CutRun run = new("before S5/gw3");
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Save));
        Assert.Equal((Message.Of("apply.save", "gw3"), "2.0.1.6960"), (apply.Reason, apply.Values["build"]));
        run.Intend(Save);
        Assert.Equal(new Verdict.NotInEffect(Message.Of("seen.no-manifest", "gw3")), run.Judge(Save));
        run.InFlight.Add(StepKey.Parse(Save));
        Assert.Equal(new Verdict.Wait(Message.Of("wait.save", "gw3"), run.Now + run.Step(Save).Timeout), run.Judge(Save));

        run["gw3"] = run["gw3"] with
        {
            SavedConfiguration = new ConfigurationManifest { Node = "gw3", Build = run.Plan.From, SavedAt = run.Now, Files = [Of("/a", "a"), Of("/b", "b")] },
        };
        Assert.Equal(new Verdict.Done(Message.Of("done.save", 2)), run.Judge(Save));
    }

    /// <summary>A file by its digest, a link by its name alone; what the build ships while it is still there to be asked; the list last.</summary>
    [Fact]
    public async Task What_is_saved_is_each_file_once_and_the_list_of_them()
    {
        CutRun run = new("before S5/gw3");
        Files files = new() { ["/etc/a"] = "a", ["/etc/b"] = "b" };
        files.Upper = true;
        files.Links.Add(Of("/etc/link", "-") with { LinkTarget = "/etc/a" });
        files.Pristine["/etc/a"] = "shipped";
        CalledNodes called = new(run) { Configuration = files };
        await called.CauseAsync(Save);

        Assert.Equal("a", await ReadAsync(called, run, ConfigurationManifest.ContentName("gw3", Digest("a"))));
        Assert.Equal("b", await ReadAsync(called, run, ConfigurationManifest.ContentName("gw3", Digest("b"))));
        string? text = await ReadAsync(called, run, ConfigurationManifest.FileName("gw3"));
        ConfigurationManifest manifest = ManifestJson.Read(Encoding.UTF8.GetBytes(text!))!;
        Assert.Equal(("gw3", run.Plan.From), (manifest.Node, manifest.Build));
        Assert.Equal(["/etc/a", "/etc/b", "/etc/link"], manifest.Files.Select(f => f.Path));
        Assert.Equal([new KeyValuePair<string, string>("/etc/a", Digest("shipped"))], manifest.Shipped!);
        Assert.Equal(["/etc/a", "/etc/b"], files.Read);
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_read_is_not_saved()
    {
        CutRun run = new("before S5/gw3");
        Files files = new() { ["/etc/a"] = "a", Changes = true };
        CalledNodes called = new(run) { Configuration = files };
        UpgradeException error = await Assert.ThrowsAsync<UpgradeException>(() => called.CauseAsync(Save));
        Assert.Equal(("gw3", StepId.SaveConfiguration), (error.Node, error.Step));
        Assert.Null(await ReadAsync(called, run, ConfigurationManifest.FileName("gw3")));
    }

    [Theory]
    [InlineData(10_000, false)]
    [InlineData(10_001, true)]
    public async Task More_files_than_anybody_edits_by_hand_are_refused(int count, bool refused)
    {
        CutRun run = new("before S5/gw3");
        Files files = new();
        files.Links.AddRange(Enumerable.Range(0, count).Select(n => Of($"/etc/{n}", "-") with { LinkTarget = "/dev/null" }));
        CalledNodes called = new(run) { Configuration = files };
        Exception? error = await Record.ExceptionAsync(() => called.CauseAsync(Save));
        Assert.Equal(refused, error is UpgradeException { Node: "gw3" } known && known.Step == StepId.SaveConfiguration);
        Assert.Equal(refused, error is not null);
    }

    [Fact]
    public void What_cannot_be_compared_is_waited_for_and_the_node_parked()
    {
        CutRun run = new("before S12/gw3");
        run["gw3"] = run["gw3"] with { PortProblem = "no route" };
        DateTimeOffset until = run.Step(Restore).After.Max(k => run.Input.Run[k].OutcomeAt) + run.Step(Restore).Timeout;
        run.Now = until;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.restore-silent", "gw3", "no route"), until), run.Judge(Restore));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Park, Message.Of("stop.restore", "gw3", "no route")), run.Judge(Restore));

        run.Intend(Restore);
        run.InFlight.Add(StepKey.Parse(Restore));
        Assert.Equal(new Verdict.Wait(Message.Of("wait.restore", "gw3"), run.Now + run.Step(Restore).Timeout), run.Judge(Restore));
    }

    [Fact]
    public void What_is_to_be_written_back_and_what_to_be_described_is_done_first()
    {
        CutRun run = new("before S12/gw3");
        Saw(run, described: false, Lost("/a"), Lost("/b"), Conflict("/c"), Kept("/d"));
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Restore));
        Assert.Equal(Message.Sentences(Message.Of("apply.write-back", 2, "gw3"), Message.Of("apply.describe", 1, "gw3")), apply.Reason);
        Assert.Equal([new KeyValuePair<string, string>("files", "2")], apply.Values);
        Saw(run, described: true, Lost("/a"));
        Assert.Equal(Message.Sentences(Message.Of("apply.write-back", 1, "gw3"), null), Assert.IsType<Verdict.Apply>(run.Judge(Restore)).Reason);
        Saw(run, described: false, Conflict("/c"));
        Assert.Equal(Message.Sentences(null, Message.Of("apply.describe", 1, "gw3")), Assert.IsType<Verdict.Apply>(run.Judge(Restore)).Reason);
        run.Intend(Restore);
        Assert.Equal(new Verdict.NotInEffect(Message.Of("seen.not-restored", 0)), run.Judge(Restore));
    }

    [Fact]
    public void Conflicts_that_are_described_hold_nothing_up_and_are_told()
    {
        CutRun run = new("before S12/gw3");
        Saw(run, described: false, Kept("/d"));
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Restore));
        Assert.Equal((Message.Of("done.restore", 1), string.Empty), (done.Evidence, done.Values!["conflicts"]));

        RestorableFile[] conflicts = [.. Enumerable.Range(1, 11).Select(n => Conflict($"/{n}"))];
        Saw(run, described: true, [Kept("/d"), .. conflicts]);
        done = Assert.IsType<Verdict.Done>(run.Judge(Restore));
        string first = "/1, /2, /3, /4, /5, /6, /7, /8, /9, /10";
        Assert.Equal(Message.Of("done.restore-conflicts", 12, 11, first, ConfigurationManifest.ConflictsName("gw3")), done.Evidence);
        Assert.Equal(first.Replace(", ", "\n", StringComparison.Ordinal) + "\n/11", done.Values!["conflicts"]);
    }

    /// <summary>Only what the new build ships as the old one did is written; the rest is described among the saved files, where secrets may stand.</summary>
    [Fact]
    public async Task What_is_written_back_is_what_was_saved()
    {
        CutRun run = new("before S12/gw3");
        Files files = new() { ["/b"] = "vendors" };
        CalledNodes called = new(run) { Configuration = files };
        await called.SaveAsync(ConfigurationManifest.ContentName("gw3", Digest("/a")), "mine"u8.ToArray());
        await called.SaveAsync(ConfigurationManifest.ContentName("gw3", Digest("/b")), "mine too"u8.ToArray());
        Saw(run, described: false, Lost("/a"), Conflict("/b"), Kept("/d"));
        await called.CauseAsync(Restore);
        Assert.Equal(["/a mine"], files.Written);
        string? described = await ReadAsync(called, run, ConfigurationManifest.ConflictsName("gw3"));
        Assert.Contains("+mine too", described, StringComparison.Ordinal);
        Assert.DoesNotContain("/a", described, StringComparison.Ordinal);
    }

    /// <summary>What a person needs who carries a change over by hand; against what the build before shipped it is what was changed by hand alone.</summary>
    [Theory]
    [InlineData("both", "# {0}\n--- /b ({1})\n+++ /b ({2})\n{h}-old\n+vendors\n--- /b ({1})\n+++ /b (saved)\n{h}-old\n+mine\n")]
    [InlineData("both-read", "# {0}\n--- /b ({1})\n+++ /b ({2})\n{h}-old\n+vendors\n--- /b ({1})\n+++ /b (saved)\n{h}-old\n+mine\n")]
    [InlineData("both-in-one", "# {0}\n--- /b\n+++ /b (saved)\n{h}-vendors\n+mine\n")]
    [InlineData("kept", "# {0}\n--- /b ({1})\n+++ /b ({2})\n{h}-old\n+vendors\n--- /b ({1})\n+++ /b (saved)\n{h}-old\n+mine\n")]
    [InlineData("base-unknown", "# {0}\n--- /dev/null\n+++ /b (saved)\n@@ -0,0 +1,1 @@\n+mine\n")]
    public async Task A_conflict_is_described_by_what_is_known_of_it(string what, string expected)
    {
        CutRun run = new("before S12/gw3");
        ConfigurationFile saved = Of("/b", "mine\n");
        ConfigurationFile now = Of("/b", what == "kept" ? "mine\n" : what == "both-read" ? "merged\n" : "vendors\n");
        Files files = new() { ["/b"] = what == "kept" ? "mine\n" : what == "both-read" ? "merged\n" : "vendors\n" };
        if (what is "both" or "kept" or "both-read")
        {
            files.Contents[("/b", run.Plan.From)] = "old\n";
        }

        if (what is "kept" or "both-read")
        {
            files.Contents[("/b", run.Plan.To)] = "vendors\n";
        }

        RestorableFile conflict = what == "base-unknown"
            ? new RestorableFile(saved, null, Digest("old\n"), null)
            : new RestorableFile(saved, now, Digest("old\n"), Digest("vendors\n"));
        Assert.Equal(RestoreAction.Conflict, conflict.Action);
        string key = what switch
        {
            "kept" => "difference.kept",
            "base-unknown" => "difference.base-unknown",
            "both-in-one" => "difference.both-in-one",
            _ => "difference.both",
        };
        string heading = Message.Of(key, "/b", run.Plan.From, run.Plan.To).English;
        string text = expected.Replace("{h}", "@@ -1,1 +1,1 @@\n", StringComparison.Ordinal).Replace("{0}", heading, StringComparison.Ordinal)
            .Replace("{1}", run.Plan.From.ToString(), StringComparison.Ordinal).Replace("{2}", run.Plan.To.ToString(), StringComparison.Ordinal);
        Assert.Equal(text, await DescribedAsync(run, files, conflict));
    }

    [Fact]
    public async Task A_link_is_described_by_where_it_leads()
    {
        ConfigurationFile file = Of("/b", "mine\n");
        ConfigurationFile link = file with { LinkTarget = "/c" };
        Message toC = Message.Of("difference.link", "/c");
        foreach ((ConfigurationFile saved, ConfigurationFile? now, Message was, Message isNow) in new[]
        {
            (link, (ConfigurationFile?)null, toC, Message.Of("difference.missing")),
            (link, file, toC, Message.Of("difference.file")),
            (file, link, Message.Of("difference.file"), toC),
        })
        {
            string said = Message.Of("difference.links", isNow, was).English;
            string text = await DescribedAsync(new CutRun("before S12/gw3"), new Files(), new RestorableFile(saved, now, null, null));
            Assert.Equal($"--- /b\n+++ /b (saved)\n{said}\n", text);
        }
    }

    [Fact]
    public async Task What_is_described_already_or_no_conflict_is_not_described()
    {
        foreach (RestorableFile[] saw in new[] { new[] { Lost("/a") }, [Lost("/a"), Conflict("/b")] })
        {
            CutRun run = new("before S12/gw3");
            Files files = new() { ["/b"] = "vendors" };
            CalledNodes called = new(run) { Configuration = files };
            await called.SaveAsync(ConfigurationManifest.ContentName("gw3", Digest("/a")), "mine"u8.ToArray());
            Saw(run, described: saw.Length > 1, saw);
            await called.CauseAsync(Restore);
            Assert.Equal(["/a mine"], files.Written);
            Assert.Null(await ReadAsync(called, run, ConfigurationManifest.ConflictsName("gw3")));
        }
    }

    [Fact]
    public async Task A_saved_file_that_is_gone_is_an_error_of_the_step()
    {
        CutRun run = new("before S12/gw3");
        CalledNodes called = new(run) { Configuration = new Files() };
        Saw(run, described: false, Lost("/a"));
        UpgradeException error = await Assert.ThrowsAsync<UpgradeException>(() => called.CauseAsync(Restore));
        Assert.Equal(("gw3", StepId.RestoreConfiguration), (error.Node, error.Step));
    }

    private static async Task<string> DescribedAsync(CutRun run, Files files, RestorableFile conflict)
    {
        CalledNodes called = new(run) { Configuration = files };
        await called.SaveAsync(ConfigurationManifest.ContentName("gw3", Digest("mine\n")), "mine\n"u8.ToArray());
        Saw(run, described: false, conflict);
        await called.CauseAsync(Restore);
        return (await ReadAsync(called, run, ConfigurationManifest.ConflictsName("gw3")))!;
    }

    /// <summary>A file that the update put back to what both builds ship.</summary>
    private static RestorableFile Lost(string path) => new(Of(path, path), Of(path, "-") with { Sha256 = Shipped }, Shipped, Shipped);

    /// <summary>A file that both changed.</summary>
    private static RestorableFile Conflict(string path) => new(Of(path, path), Of(path, "vendors"), Shipped, Digest("vendors"));

    /// <summary>A file that is as it was saved.</summary>
    private static RestorableFile Kept(string path) => new(Of(path, path), Of(path, path), Shipped, Shipped);

    private static void Saw(CutRun run, bool described, params RestorableFile[] files) =>
        run["gw3"] = run["gw3"] with { RestorableConfiguration = files, ConflictsDescribed = described };

    private static ConfigurationFile Of(string path, string content) =>
        new() { Path = path, Mode = "0640", Owner = "root:root", Sha256 = Digest(content), SizeBytes = content.Length };

    private static string Digest(string content) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    private static async Task<string?> ReadAsync(CalledNodes called, CutRun run, string name) =>
        await called.Journal.ReadFileAsync(run.Plan.RunId, name) is { } content ? Encoding.UTF8.GetString(content.Span) : null;

    /// <summary>The files of a node, by path.</summary>
    private sealed class Files : Dictionary<string, string>, IConfigurationFiles
    {
        public List<ConfigurationFile> Links { get; } = [];

        public Dictionary<string, string> Pristine { get; } = [];

        /// <summary>What builds ship, as far as it can be read.</summary>
        public Dictionary<(string Path, BuildNumber Build), string> Contents { get; } = [];

        /// <summary>Whether digests come in capitals.</summary>
        public bool Upper { get; set; }

        /// <summary>Whether each is another one when it is read.</summary>
        public bool Changes { get; init; }

        public List<string> Read { get; } = [];

        public List<string> Written { get; } = [];

        public Task<IReadOnlyList<ConfigurationFile>> ListAsync(string node, CancellationToken cancellationToken = default)
        {
            IEnumerable<ConfigurationFile> files = this.Select(f => Of(f.Key, f.Value)).Concat(Links);
            return Task.FromResult<IReadOnlyList<ConfigurationFile>>([.. Upper ? files.Select(f => f with { Sha256 = f.Sha256.ToUpperInvariant() }) : files]);
        }

        public Task<ReadOnlyMemory<byte>> ReadAsync(string node, string path, CancellationToken cancellationToken = default)
        {
            Read.Add(path);
            return Task.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes(this[path] + (Changes ? "!" : string.Empty)));
        }

        public Task WriteAsync(string node, ConfigurationFile file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
        {
            Written.Add($"{file.Path} {Encoding.UTF8.GetString(content.Span)}");
            return Task.CompletedTask;
        }

        public Task<string?> GetPristineSha256Async(string node, string path, BuildNumber build, CancellationToken cancellationToken = default) =>
            Task.FromResult(Pristine.TryGetValue(path, out string? content) ? Digest(content) : null);

        public Task<ReadOnlyMemory<byte>?> ReadPristineAsync(string node, string path, BuildNumber build, CancellationToken cancellationToken = default) =>
            Task.FromResult(Contents.TryGetValue((path, build), out string? content) ? Encoding.UTF8.GetBytes(content) : (ReadOnlyMemory<byte>?)null);
    }
}
