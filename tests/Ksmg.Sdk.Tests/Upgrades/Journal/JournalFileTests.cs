using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>The file journal: the contract, damage, crashes, and processes that compete.</summary>
public sealed class JournalFileTests : JournalContract, IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), "ksmg-journal-" + Guid.NewGuid().ToString("N"));
    private readonly FileUpgradeJournal _holder;
    private readonly FileUpgradeJournal _challenger;

    public JournalFileTests()
    {
        _holder = new FileUpgradeJournal(_root, timeProvider: HolderClock);
        _challenger = new FileUpgradeJournal(_root, timeProvider: ChallengerClock);
    }

    private protected override UpgradeJournal Holder => _holder;

    private protected override UpgradeJournal Challenger => _challenger;

    private string JournalPath => RunPath("journal.jsonl");

    private string LeasePath => RunPath("lease.json");

    public void Dispose()
    {
        if (Directory.Exists(_root))
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    // The holder's clock stands still while the challenger's moves: its beats are not written.
    private protected override void Freeze(string runId)
    {
    }

    private protected override IDisposable HinderBeats(string runId) => HoldLock();

    [Fact]
    public async Task Everything_of_a_run_is_for_its_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        RunLease lease = await _holder.CreateAsync(Plan());
        await _holder.AppendAsync(lease, Observation("seen"));
        await _holder.SaveFileAsync(lease, "gw1/etc/postfix/main.cf", "secret"u8.ToArray());
        await _challenger.PostCommandAsync("run-1", Command("c1"));
        await _challenger.PostCommandAsync("run-1", Command("c2"));
        await _holder.AnswerCommandAsync(lease, "c1", new RunCommandAnswer(true, Message.Said("taken"), DateTimeOffset.UnixEpoch));

        Assert.All(
            Directory.EnumerateFileSystemEntries(_root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }),
            path => Assert.Equal((path, Directory.Exists(path) ? (UnixFileMode)0b111_000_000 : (UnixFileMode)0b110_000_000), (path, Mode(path))));
        await lease.DisposeAsync();

        static UnixFileMode Mode(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);
    }

    [Fact]
    public async Task A_run_whose_creation_was_cancelled_is_none()
    {
        using CancellationTokenSource stop = new();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _holder.CreateAsync(Plan(), stop.Token));
        Assert.Empty(await _holder.ListAsync());
    }

    [Fact]
    public async Task A_torn_tail_is_dropped_wherever_it_was_torn()
    {
        RunLease lease = await _holder.CreateAsync(Plan());
        await _holder.AppendAsync(lease, Observation("kept"));
        long good = new FileInfo(JournalPath).Length;
        await _holder.AppendAsync(lease, Full("torn"));
        await lease.DisposeAsync();
        byte[] whole = await File.ReadAllBytesAsync(JournalPath);

        for (int length = (int)good; length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(JournalPath, whole[..length]);
            IReadOnlyList<JournalRecord> records = await Fresh().ReadAsync("run-1");
            Assert.True(records.Count == 3 && records[^1].Entry.Text?.ToString() == "kept", $"cut at byte {length} of {whole.Length}");
        }

        // The next holder cuts it off and goes on.
        await using RunLease next = await _challenger.AcquireAsync("run-1", TimeSpan.Zero);
        await _challenger.AppendAsync(next, Observation("new"));
        Assert.Equal([3, 4, 5], (await Fresh().ReadAsync("run-1", 2)).Select(r => r.Sequence));
        Assert.Equal(
            ["kept", "new"],
            (await Fresh().ReadAsync("run-1", 2)).Where(r => r.Entry.Kind == JournalEntryKind.Observation).Select(r => r.Entry.Text!.ToString()));
    }

    [Fact]
    public async Task A_changed_bit_is_found_wherever_it_is()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan(nodes: 1));
        await _holder.AppendAsync(lease, Full());
        await _holder.AppendAsync(lease, Observation("last"));
        int seed = Environment.TickCount;
        Random random = new(seed);
        foreach (string path in new[] { JournalPath, RunPath("plan.json") })
        {
            byte[] good = await File.ReadAllBytesAsync(path);
            for (int start = 0; start < good.Length; start += 10)
            {
                int i = Math.Min(start + random.Next(10), good.Length - 1);
                byte[] bad = [.. good];
                bad[i] ^= (byte)(1 << random.Next(8));
                await File.WriteAllBytesAsync(path, bad);
                JournalException? found = await Record.ExceptionAsync(() => Fresh().ReadAsync("run-1")) as JournalException;
                Assert.True(found is not null, $"byte {i} of {path}, seed {seed}");
                int line = path == JournalPath ? good.AsSpan(0, i).Count((byte)'\n') + 1 : 1;
                Assert.True(
                    found.Message.Contains($"{JournalPath}, line {line}:", StringComparison.Ordinal), $"byte {i} of {path}, seed {seed}: {found.Message}");
                Assert.Contains("docs/journal.md", found.Message);
            }

            await File.WriteAllBytesAsync(path, good);
        }

        Assert.Equal(4, (await Fresh().ReadAsync("run-1")).Count);
    }

    [Fact]
    public async Task Missing_exchanged_and_shortened_lines_are_found()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        for (int i = 0; i < 5; i++)
        {
            await _holder.AppendAsync(lease, Observation($"o{i}"));
        }

        await _challenger.ReadAsync("run-1");
        string[] lines = await File.ReadAllLinesAsync(JournalPath);
        await Expect(4, [.. lines[..3], .. lines[4..]]);
        await Expect(4, [.. lines[..3], lines[4], lines[3], .. lines[5..]]);
        await Expect(4, [.. lines[..3], lines[3][..^20], .. lines[4..]]);
        await Expect(4, [.. lines[..3], lines[2], .. lines[3..]]);
        await Expect(4, [.. lines[..3], "", .. lines[3..]]);
        await Expect(1, [.. lines[1..]]);
        await Expect(1, []);
        await File.WriteAllLinesAsync(JournalPath, lines);

        async Task Expect(int line, string[] changed)
        {
            await File.WriteAllTextAsync(JournalPath, string.Concat(changed.Select(l => l + "\n")));
            foreach (UpgradeJournal reader in new[] { Fresh(), _challenger, _holder })
            {
                JournalException found = await Assert.ThrowsAsync<JournalException>(() => reader.ReadAsync("run-1"));
                Assert.Contains($"{JournalPath}, line {line}:", found.Message);
            }

            await Assert.ThrowsAsync<JournalException>(() => _holder.AppendAsync(lease, Observation("on top of damage")));
            Assert.Equal(string.Concat(changed.Select(l => l + "\n")), await File.ReadAllTextAsync(JournalPath));
        }
    }

    [Fact]
    public async Task The_plan_of_another_run_is_refused()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        await using RunLease other = await _holder.CreateAsync(Plan("run-2", "mail-us"));
        File.Copy(RunPath("plan.json", "run-2"), RunPath("plan.json"), overwrite: true);
        Assert.Contains("plan", (await Assert.ThrowsAsync<JournalException>(() => _challenger.GetPlanAsync("run-1"))).Message);

        // Even together with its journal it does not become another run.
        File.Copy(RunPath("journal.jsonl", "run-2"), JournalPath, overwrite: true);
        Assert.Contains("line 1", (await Assert.ThrowsAsync<JournalException>(() => _challenger.GetPlanAsync("run-1"))).Message);
    }

    [Fact]
    public async Task A_run_of_another_plan_format_is_left_to_the_version_that_began_it()
    {
        await using RunLease lease = await Holder.CreateAsync(Hashed(Plan() with { Schema = 1 }));

        RunFormatException refused = await Assert.ThrowsAsync<RunFormatException>(() => Challenger.GetPlanAsync("run-1"));
        Assert.Equal(("run-1", 1, 2), (refused.RunId, refused.Format, refused.Supported));
        Assert.Contains("with the version that began it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_chain_can_be_followed_with_common_tools()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        await _holder.AppendAsync(lease, Full());
        string hash = Hex(await File.ReadAllBytesAsync(RunPath("plan.json")));
        foreach (string line in await File.ReadAllLinesAsync(JournalPath))
        {
            int cut = line.LastIndexOf(",\"hash\":\"", StringComparison.Ordinal);
            hash = Hex(Encoding.UTF8.GetBytes(hash + line[..cut]));
            Assert.EndsWith($",\"hash\":\"{hash}\"}}", line);
        }

        static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(int.MaxValue)]
    public async Task When_the_disk_is_full_nothing_is_written_and_later_the_run_goes_on(int bytesThatFit)
    {
        bool full = false;
        FileUpgradeJournal journal = new(_root, timeProvider: HolderClock)
        {
            Files = new WatchedFiles(_root)
            {
                Writing = (file, line) =>
                {
                    file.Write(line[..Math.Min(line.Length, full ? bytesThatFit : int.MaxValue)]);
                    if (full)
                    {
                        throw new IOException("No space left on device");
                    }
                },
            },
        };
        await using RunLease lease = await journal.CreateAsync(Plan());
        byte[] before = await File.ReadAllBytesAsync(JournalPath);
        full = true;
        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => journal.AppendAsync(lease, Observation("lost")));
        Assert.Contains("No space left on device", refused.Message);
        Assert.Contains("Nothing was written", refused.Message);
        Assert.Equal(before, await File.ReadAllBytesAsync(JournalPath));

        full = false;
        Assert.Equal(3, (await journal.AppendAsync(lease, Observation("kept"))).Sequence);
        Assert.Equal("kept", (await _challenger.ReadAsync("run-1"))[^1].Entry.Text);
    }

    [Fact]
    public async Task A_record_that_was_taken_back_confuses_no_reader()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        long before = new FileInfo(JournalPath).Length;
        await _holder.AppendAsync(lease, Observation("its flush failed"));
        Assert.Equal(3, (await _challenger.ReadAsync("run-1")).Count);
        using (FileStream journal = File.Open(JournalPath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            journal.SetLength(before);
        }

        FileUpgradeJournal holderAfterwards = Fresh();
        await lease.DisposeAsync();
        await using RunLease next = await holderAfterwards.AcquireAsync("run-1", TimeSpan.Zero);
        await holderAfterwards.AppendAsync(next, Observation("written instead, and longer than the one before"));
        Assert.Equal("written instead, and longer than the one before", (await _challenger.ReadAsync("run-1"))[^1].Entry.Text);
    }

    [Fact]
    public async Task A_run_is_there_as_a_whole_or_not_at_all()
    {
        string hidden = Path.Combine(_root, ".new-run-0");
        Directory.CreateDirectory(hidden);
        await File.WriteAllTextAsync(Path.Combine(hidden, "plan.json"), "{");
        Directory.CreateDirectory(Path.Combine(_root, "no-run"));
        Assert.Empty(await _challenger.ListAsync());

        await using RunLease lease = await _holder.CreateAsync(Plan());
        Assert.False(Directory.Exists(hidden));
        Assert.Equal(
            ["inbox", "journal.jsonl", "lease.json", "plan.json"],
            Directory.GetFileSystemEntries(Path.Combine(_root, "run-1")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(_root, "run-1")));
        }
    }

    [Fact]
    public async Task A_run_that_cannot_be_read_is_listed_and_blocks_new_ones_until_it_is_moved()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        await File.WriteAllTextAsync(JournalPath, "{}\n");
        Assert.Contains(JournalPath, Assert.Single(await _challenger.ListAsync()).Damage);
        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => _challenger.CreateAsync(Plan("run-2")));
        Assert.Contains("run-1", refused.Message);

        Directory.Move(Path.Combine(_root, "run-1"), Path.Combine(_root, ".damaged"));
        await using RunLease next = await _challenger.CreateAsync(Plan("run-2"));
    }

    [Fact]
    public async Task Of_two_processes_that_create_a_run_at_once_one_succeeds()
    {
        for (int i = 0; i < 10; i++)
        {
            string cluster = $"cluster-{i}";
            Task<RunLease>[] attempts = [.. Enumerable.Range(0, 4).Select(n => Task.Run(() => RealTime().CreateAsync(Plan($"run-{i}-{n}", cluster))))];
            await Settle(attempts);
            RunLease won = await Assert.Single(attempts, a => a.IsCompletedSuccessfully);
            Assert.All(attempts.Where(a => a.IsFaulted), a => Assert.Equal(won.RunId, Assert.IsType<ActiveRunException>(a.Exception!.InnerException).RunId));
            await won.DisposeAsync();
        }
    }

    [Fact]
    public async Task Of_two_processes_that_take_a_run_at_once_one_succeeds()
    {
        await (await RealTime().CreateAsync(Plan())).DisposeAsync();
        for (long epoch = 2; epoch < 12; epoch++)
        {
            Task<RunLease>[] attempts = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => RealTime().AcquireAsync("run-1", TimeSpan.Zero)))];
            await Settle(attempts);
            RunLease won = await Assert.Single(attempts, a => a.IsCompletedSuccessfully);
            Assert.Equal(epoch, won.Epoch);
            Assert.All(attempts.Where(a => a.IsFaulted), a => Assert.IsType<LeaseHeldException>(a.Exception!.InnerException));
            await won.DisposeAsync();
        }

        Assert.Equal(
            Enumerable.Range(1, 11).Select(e => (long)e),
            (await Fresh().ReadAsync("run-1")).Where(r => r.Entry.Kind == JournalEntryKind.EpochStarted).Select(r => r.Epoch));
    }

    [Fact]
    public async Task A_challenger_watches_for_fifteen_seconds_of_its_own_clock()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        Task<RunLease> taking = _challenger.AcquireAsync("run-1", TimeSpan.FromSeconds(30));
        ChallengerClock.Pass(14);
        Assert.False(taking.IsCompleted);
        ChallengerClock.Pass(2);
        await using RunLease taken = await taking;
        Assert.Equal(2, taken.Epoch);
    }

    [Fact]
    public async Task A_challenger_is_refused_when_the_beat_moves()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        Task<RunLease> taking = _challenger.AcquireAsync("run-1", TimeSpan.FromSeconds(30));
        ChallengerClock.Pass(14);
        HolderClock.Pass(2);
        ChallengerClock.Pass(1);
        LeaseHeldException refused = await Assert.ThrowsAsync<LeaseHeldException>(() => taking);
        Assert.Contains($"Ending process {Environment.ProcessId} frees the run", refused.Message);
    }

    [Fact]
    public async Task A_challenger_that_does_not_wait_long_enough_is_told_so()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        LeaseHeldException refused = Assert.Throws<LeaseHeldException>(() => ChallengerClock.Acquire(_challenger, wait: 5));
        Assert.Contains("within 15 s", refused.Message);
        Assert.Equal(1, (await _challenger.ReadAsync("run-1"))[^1].Epoch);
    }

    [Fact]
    public async Task A_challenger_takes_a_run_that_is_given_back_while_it_waits()
    {
        RunLease lease = await _holder.CreateAsync(Plan());
        Task<RunLease> taking = _challenger.AcquireAsync("run-1", TimeSpan.FromSeconds(30));
        await lease.DisposeAsync();
        ChallengerClock.Pass(1);
        await using RunLease taken = await taking;
        Assert.Equal(2, taken.Epoch);
    }

    [Fact]
    public async Task A_killed_holder_frees_its_run_at_once()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        await using RunLease lease = await _holder.CreateAsync(Plan());
        using Process child =
            Process.Start(new ProcessStartInfo("sleep", "60") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            LeaseFile held = LeaseJson.Read(await File.ReadAllBytesAsync(LeasePath)) with
            {
                Pid = child.Id,
                ProcessStart = Sdk.Upgrades.Processes.StartOf(child.Id)!,
            };
            await File.WriteAllBytesAsync(LeasePath, LeaseJson.ToBytes(held));
            LeaseHeldException refused = await Assert.ThrowsAsync<LeaseHeldException>(() => _challenger.AcquireAsync("run-1", TimeSpan.Zero));
            Assert.Contains($"process {child.Id} ", refused.Holder);
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync().WaitAsync(Eventually.Limit);
        }

        await using RunLease taken = await _challenger.AcquireAsync("run-1", TimeSpan.Zero);
        Assert.Equal(2, taken.Epoch);
    }

    [Theory]
    [InlineData("process id used again", true)]
    [InlineData("another boot", false)]
    [InlineData("another pid namespace", false)]
    public async Task A_process_is_known_by_its_start_on_this_boot_only(string what, bool free)
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        LeaseFile held = LeaseJson.Read(await File.ReadAllBytesAsync(LeasePath)) with { ProcessStart = "1" };
        held = what switch
        {
            "another boot" => held with { BootId = "other" },
            "another pid namespace" => held with { PidNamespace = "pid:[1]" },
            _ => held,
        };
        await File.WriteAllBytesAsync(LeasePath, LeaseJson.ToBytes(held));
        await using RunLease taken = ChallengerClock.Acquire(_challenger, wait: 20);
        Assert.Equal(free, ChallengerClock.Elapsed == TimeSpan.Zero);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData(null)]
    public async Task A_lease_that_cannot_be_read_is_watched_like_a_living_one_and_the_epoch_grows(string? content)
    {
        await (await _holder.CreateAsync(Plan())).DisposeAsync();
        await using (RunLease second = await _holder.AcquireAsync("run-1", TimeSpan.Zero))
        {
            if (content is null)
            {
                File.Delete(LeasePath);
            }
            else
            {
                await File.WriteAllTextAsync(LeasePath, content);
            }

            await Assert.ThrowsAsync<LeaseLostException>(() => _holder.AppendAsync(second, Observation("whose?")));
            await Assert.ThrowsAsync<LeaseHeldException>(() => _challenger.AcquireAsync("run-1", TimeSpan.Zero));
        }

        await using RunLease third = ChallengerClock.Acquire(_challenger, wait: 20);
        Assert.Equal(3, third.Epoch);
        Assert.True(ChallengerClock.Elapsed >= TimeSpan.FromSeconds(15), "Nobody may give back a lease that may be another's.");
    }

    [Fact]
    public async Task A_lock_that_is_never_given_back_is_no_endless_wait()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        using IDisposable held = HoldLock();
        Task<RunLease> taking = _challenger.AcquireAsync("run-1", TimeSpan.FromHours(1));
        ChallengerClock.Pass(9.5);
        Assert.False(taking.IsCompleted);
        ChallengerClock.Pass(1);
        LeaseHeldException refused = await Assert.ThrowsAsync<LeaseHeldException>(() => taking);
        Assert.Contains($"Ending process {Environment.ProcessId} frees the run", refused.Message);
    }

    [Fact]
    public async Task A_takeover_that_cannot_write_leaves_the_run_free()
    {
        await (await _holder.CreateAsync(Plan())).DisposeAsync();
        FileUpgradeJournal broken = new(_root, timeProvider: ChallengerClock)
        {
            Files = new WatchedFiles(_root)
            {
                Writing = (file, line) =>
                {
                    if (file.Name == JournalPath)
                    {
                        throw new IOException("Read-only file system");
                    }

                    file.Write(line);
                },
            },
        };
        await Assert.ThrowsAsync<JournalException>(() => broken.AcquireAsync("run-1", TimeSpan.Zero));
        await using RunLease lease = await _challenger.AcquireAsync("run-1", TimeSpan.Zero);
        Assert.Equal(3, lease.Epoch);
        Assert.Equal(3, (await _challenger.ReadAsync("run-1")).Count);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{\"id\":\"other\",\"kind\":\"Pause\",\"by\":\"eve\",\"at\":\"2026-01-05T08:00:00+00:00\"}")]
    [InlineData("{\"id\":\"odd\",\"kind\":\"Explode\",\"by\":\"eve\",\"at\":\"2026-01-05T08:00:00+00:00\"}")]
    public async Task A_command_that_cannot_be_read_is_answered_as_refused(string content)
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        await File.WriteAllTextAsync(RunPath("inbox/odd.json"), content);
        await File.WriteAllTextAsync(RunPath("inbox/half.json.tmp"), content);
        await _challenger.PostCommandAsync("run-1", Command("good"));
        Assert.Equal("good", Assert.Single(await _holder.ReadCommandsAsync("run-1")).Id);
        Assert.False((await _challenger.GetAnswerAsync("run-1", "odd"))!.Accepted);
    }

    /// <summary>Whatever somebody puts beside it, a command is heard, now and after the next start.</summary>
    [Theory]
    [InlineData("no rights", false)]
    [InlineData("no handles", null)]
    [InlineData("empty", null)]
    [InlineData("a folder", null)]
    [InlineData("a pipe", null)]
    [InlineData("a link to nowhere", null)]
    [InlineData("a link to itself", null)]
    [InlineData("half a text", false)]
    [InlineData("binary", false)]
    [InlineData("null", false)]
    [InlineData("a lone surrogate", false)]
    [InlineData("a kind that is a number", true)]
    public async Task An_odd_command_holds_up_no_other_one(string what, bool? accepted)
    {
        if (OperatingSystem.IsWindows() && what.StartsWith("a ", StringComparison.Ordinal))
        {
            return;
        }

        FileUpgradeJournal journal = new(_root, timeProvider: HolderClock)
        {
            Files = new WatchedFiles(_root)
            {
                Reading = name =>
                {
                    if (name == "run-1/inbox/odd.json" && what.StartsWith("no ", StringComparison.Ordinal))
                    {
                        throw what == "no rights"
                            ? new UnauthorizedAccessException("Access to the path is denied.")
                            : new IOException("Too many open files");
                    }
                },
            },
        };
        RunLease lease = await journal.CreateAsync(Plan());
        Put(what, RunPath("inbox/odd.json"));
        await _challenger.PostCommandAsync("run-1", Command("zgood"));

        Assert.Contains("zgood", (await journal.ReadCommandsAsync("run-1")).Select(c => c.Id));
        Assert.Equal(accepted, accepted == true ? true : (await _challenger.GetAnswerAsync("run-1", "odd"))?.Accepted);
        await lease.DisposeAsync();
        await using RunLease next = await journal.AcquireAsync("run-1", TimeSpan.Zero);
        Assert.Contains("zgood", (await journal.ReadCommandsAsync("run-1")).Select(c => c.Id));
    }

    private static void Put(string what, string path)
    {
        const string Whole = "{\"id\":\"odd\",\"kind\":\"Pause\",\"by\":\"eve\",\"at\":\"2026-01-05T08:00:00+00:00\"}";
        switch (what)
        {
            case "a folder":
                Directory.CreateDirectory(path);
                break;
            case "a pipe":
                using (Process made = Process.Start("mkfifo", [path]))
                {
                    Assert.True(made.WaitForExit(TimeSpan.FromMinutes(1)));
                }

                break;
            case "a link to nowhere":
                File.CreateSymbolicLink(path, path + ".gone");
                break;
            case "a link to itself":
                File.CreateSymbolicLink(path, path);
                break;
            case "binary":
                File.WriteAllBytes(path, [0, 255, 254, 1, 2, 3]);
                break;
            default:
                File.WriteAllText(path, what switch
                {
                    "empty" => string.Empty,
                    "half a text" => Whole[..40],
                    "null" => "null",
                    "a lone surrogate" => Whole.Replace("eve", "\\ud800", StringComparison.Ordinal),
                    "a kind that is a number" => Whole.Replace("\"Pause\"", "99", StringComparison.Ordinal),
                    _ => Whole,
                });
                break;
        }
    }

    /// <summary>What cannot be read of another cluster's run stands in nobody's way.</summary>
    [Fact]
    public async Task A_damaged_run_blocks_its_own_cluster_alone()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        byte[] whole = await File.ReadAllBytesAsync(JournalPath);
        await File.WriteAllBytesAsync(JournalPath, [.. whole, .. "not a record\n"u8]);

        Assert.Contains("run-1", (await Assert.ThrowsAsync<JournalException>(() => _challenger.CreateAsync(Plan("run-2")))).Message);
        await using RunLease elsewhere = await _challenger.CreateAsync(Plan("run-3", "mail-us"));
        Assert.Equal("mail-eu", (await _challenger.FindAsync("run-1")).Cluster);
        Assert.NotNull((await _challenger.FindAsync("run-1")).Damage);
    }

    /// <summary>The epoch alone does not tell two holders apart: after a restored backup both may count the same.</summary>
    [Fact]
    public async Task A_lease_of_the_same_epoch_and_another_owner_is_lost()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        string json = await File.ReadAllTextAsync(LeasePath);
        string owner = System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("owner").GetString()!;
        await File.WriteAllTextAsync(LeasePath, json.Replace(owner, Guid.NewGuid().ToString(), StringComparison.Ordinal));

        await Assert.ThrowsAsync<LeaseLostException>(() => _holder.AppendAsync(lease, Observation("x")));
        Assert.True(lease.Lost.IsCancellationRequested);
        Assert.Equal(2, (await _challenger.ReadAsync("run-1")).Count);
    }

    /// <summary>A chain whose hashes hold can still lack or repeat a number, if whoever wrote it counted wrong.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_record_with_another_number_is_damage_although_its_hash_holds(long number)
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        JournalRecord last = (await _holder.ReadAsync("run-1"))[^1];
        (_, byte[] line) = JournalChain.Seal(last.Hash, number, HolderClock.GetUtcNow(), 1, Observation("x"));
        await File.AppendAllTextAsync(JournalPath, Encoding.UTF8.GetString(line));

        Assert.Contains($"its number is {number}", (await Assert.ThrowsAsync<JournalException>(() => Fresh().ReadAsync("run-1"))).Message);
    }

    [Fact]
    public async Task What_others_made_too_large_is_not_read()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        await File.WriteAllBytesAsync(RunPath("inbox/big.json"), new byte[(64 * 1024) + 1]);
        Assert.Empty(await _holder.ReadCommandsAsync("run-1"));
        Assert.False((await _challenger.GetAnswerAsync("run-1", "big"))!.Accepted);

        using (FileStream tail = File.Open(JournalPath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
        {
            tail.Write(new byte[(1024 * 1024) + 1]);
        }

        Assert.Contains("line 3", (await Assert.ThrowsAsync<JournalException>(() => Fresh().ReadAsync("run-1"))).Message);
        await File.WriteAllBytesAsync(RunPath("plan.json"), new byte[(16 * 1024 * 1024) + 1]);
        Assert.Contains("plan.json", (await Assert.ThrowsAsync<JournalException>(() => Fresh().ReadAsync("run-1"))).Message);
    }

    [Fact]
    public void Clocks_that_contradict_each_other_are_refused()
    {
        Refused(new FileUpgradeJournalOptions { LeaseDuration = TimeSpan.FromSeconds(7) });
        Refused(new FileUpgradeJournalOptions { BeatInterval = TimeSpan.Zero });
        Refused(new FileUpgradeJournalOptions { LockTimeout = TimeSpan.Zero });
        _ = new FileUpgradeJournal(_root, new FileUpgradeJournalOptions { BeatInterval = TimeSpan.FromSeconds(1), LeaseDuration = TimeSpan.FromSeconds(4) });

        void Refused(FileUpgradeJournalOptions options) => Assert.Matches(
            $"{nameof(options.BeatInterval)}.*{nameof(options.LockTimeout)}.*{nameof(options.LeaseDuration)}",
            Assert.Throws<ArgumentException>(() => new FileUpgradeJournal(_root, options)).Message);
    }

    private static async Task Settle(IReadOnlyList<Task> attempts) =>
        await Task.WhenAll(attempts).ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>A reader that remembers nothing.</summary>
    private FileUpgradeJournal Fresh() => new(_root, timeProvider: ChallengerClock);

    private FileUpgradeJournal RealTime() => new(_root);

    private FileStream HoldLock() => new(RunPath("lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private string RunPath(string name, string run = "run-1") => Path.Combine(_root, run, name);
}
