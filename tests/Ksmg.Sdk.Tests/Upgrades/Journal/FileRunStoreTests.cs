using System.Text.Json.Nodes;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What the folder of a run holds by itself, whatever the journal above it has checked before.</summary>
public sealed class FileRunStoreTests : RunStoreContract, IDisposable
{
    private const int MaxLine = 1024 * 1024;
    private const int MaxJournal = 64 * 1024 * 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("ksmg-store-").FullName;
    private readonly string _root;

    public FileRunStoreTests() => _root = Path.Combine(_folder, "runs");

    private string JournalPath => RunPath("journal.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("not a lease")]
    public async Task A_lease_that_cannot_be_read_is_replaced_by_who_expects_that(string content)
    {
        IRunStore store = await CreateAsync();
        await File.WriteAllTextAsync(RunPath("lease.json"), content);

        Assert.Null(await store.ReadLeaseAsync(Run));
        Assert.False(await store.WriteLeaseAsync(Run, First, Second));
        await Assert.ThrowsAsync<LeaseLostException>(() => store.AppendAsync(Run, First, 1, "late\n"u8.ToArray()));
        Assert.True(await store.WriteLeaseAsync(Run, null, Second));
        Assert.Equal(Second.Owner, (await store.ReadLeaseAsync(Run))!.Owner);
    }

    /// <summary>Whoever looks at its files with a tool of their own holds up nobody, and can read what stands there.</summary>
    [Fact]
    public async Task A_run_goes_on_while_people_read_its_files()
    {
        IRunStore store = await CreateAsync();
        using FileStream journal = OpenAsPeopleDo(JournalPath);
        using FileStream lease = OpenAsPeopleDo(RunPath("lease.json"));
        using StreamReader reader = new(lease);

        Assert.Equal("first\n", await ReadAsync(store, 0));
        Assert.True(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        Assert.Equal("second\n", await ReadAsync(store, 1));
        Assert.Equal(First.Owner, (await store.ReadLeaseAsync(Run))!.Owner);
        Assert.Contains($"\n  \"owner\": \"{First.Owner}\"", await reader.ReadToEndAsync(), StringComparison.Ordinal);

        static FileStream OpenAsPeopleDo(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>Who holds it, on which machine and since when stays as it was written when the run was taken.</summary>
    [Fact]
    public async Task A_renewal_changes_the_beat_and_nothing_else()
    {
        IRunStore store = await CreateAsync();
        JsonObject written = JsonNode.Parse(await File.ReadAllTextAsync(RunPath("lease.json")))!.AsObject();
        written["host"] = "elsewhere";
        written["pid"] = 4711;
        await File.WriteAllTextAsync(RunPath("lease.json"), written.ToJsonString());

        DateTimeOffset at = DateTimeOffset.UnixEpoch.AddSeconds(2);
        Assert.True(await store.WriteLeaseAsync(Run, First, First with { Beat = 8, BeatAt = at, Since = at }));

        JsonObject now = JsonNode.Parse(await File.ReadAllTextAsync(RunPath("lease.json")))!.AsObject();
        Assert.Equal(["beat", "beatAt"], now.Where(p => !JsonNode.DeepEquals(p.Value, written[p.Key])).Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.Equal((8L, at), (now["beat"]!.GetValue<long>(), now["beatAt"]!.GetValue<DateTimeOffset>()));

        Assert.True(await store.WriteLeaseAsync(Run, First with { Beat = 8 }, First with { Beat = 8, IsReleased = true }));
        Assert.True((await store.ReadLeaseAsync(Run))!.IsReleased);
    }

    [Theory]
    [InlineData(3, 4)]
    [InlineData(4, 3)]
    public async Task Whoever_takes_the_run_is_written_with_its_process_although_one_half_of_the_name_is_the_same(long epoch, long pid)
    {
        IRunStore store = await CreateAsync();
        JsonObject written = JsonNode.Parse(await File.ReadAllTextAsync(RunPath("lease.json")))!.AsObject();
        written["pid"] = pid;
        await File.WriteAllTextAsync(RunPath("lease.json"), written.ToJsonString());

        Assert.True(await store.WriteLeaseAsync(Run, First, epoch == 3 ? Second : First with { Epoch = 4 }));

        JsonObject now = JsonNode.Parse(await File.ReadAllTextAsync(RunPath("lease.json")))!.AsObject();
        Assert.Equal((Environment.ProcessId, epoch), (now["pid"]!.GetValue<int>(), now["epoch"]!.GetValue<long>()));
    }

    [Fact]
    public async Task A_writer_has_to_read_what_another_one_wrote()
    {
        IRunStore store = await CreateAsync();
        IRunStore other = Store();
        Assert.False(await store.AppendAsync(Run, First, 1, "unread\n"u8.ToArray()));
        await ReadAsync(store, 0);
        await ReadAsync(other, 0);
        Assert.True(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        Assert.False(await other.AppendAsync(Run, First, 1, "the second of another\n"u8.ToArray()));
        Assert.Equal("second\n", await ReadAsync(other, 1));
        Assert.True(await other.AppendAsync(Run, First, 2, "third\n"u8.ToArray()));

        Assert.Equal("first\nsecond\nthird\n", await File.ReadAllTextAsync(JournalPath));
    }

    [Fact]
    public async Task A_torn_tail_is_cut_off_by_who_has_seen_it_and_by_nobody_else()
    {
        IRunStore store = await CreateAsync();
        await ReadAsync(store, 0);
        await File.AppendAllTextAsync(JournalPath, "torn, and longer than what comes");
        Assert.False(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));

        Assert.Equal("torn, and longer than what comes", await ReadAsync(store, 1));
        await File.AppendAllTextAsync(JournalPath, ", and longer still");
        Assert.False(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));

        Assert.Equal("torn, and longer than what comes, and longer still", await ReadAsync(store, 1));
        Assert.True(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        Assert.Equal("first\nsecond\n", await File.ReadAllTextAsync(JournalPath));
        Assert.Equal("second\n", await ReadAsync(store, 1));
    }

    [Fact]
    public async Task A_file_that_became_shorter_is_read_from_its_beginning_and_appended_to_no_more()
    {
        IRunStore store = await CreateAsync();
        await ReadAsync(store, 0);
        Assert.True(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        await File.WriteAllTextAsync(JournalPath, "other\nshort");

        Assert.False(await store.AppendAsync(Run, First, 2, "third\n"u8.ToArray()));
        Assert.Null(await store.ReadAsync(Run, 2));
        Assert.Equal("short", await ReadAsync(store, 1));
        Assert.Equal("other\nshort", await ReadAsync(store, 0));
    }

    /// <summary>Put in its place by a copy, or by an administrator: neither length nor name tells.</summary>
    [Fact]
    public async Task A_replaced_file_is_counted_anew_by_who_reads_it_from_its_beginning()
    {
        IRunStore store = await CreateAsync();
        await ReadAsync(store, 0);
        await File.WriteAllTextAsync(JournalPath, "f\n\ntt\n");
        Assert.Equal("f\n\ntt\n", await ReadAsync(store, 0));

        Assert.False(await store.AppendAsync(Run, First, 1, "another second\n"u8.ToArray()));
        Assert.Equal("tt\n", await ReadAsync(store, 2));
        Assert.True(await store.AppendAsync(Run, First, 3, "u\n"u8.ToArray()));
        Assert.Equal("f\n\ntt\nu\n", await File.ReadAllTextAsync(JournalPath));
    }

    [Fact]
    public async Task A_journal_is_filled_to_its_last_byte_and_no_further()
    {
        IRunStore store = await CreateAsync();
        using (FileStream journal = File.Open(JournalPath, FileMode.Open))
        {
            journal.Position = MaxJournal - 11;
            journal.Write("\n"u8);
        }

        await ReadAsync(store, 0);
        await Assert.ThrowsAsync<JournalException>(() => store.AppendAsync(Run, First, 2, "0123456789\n"u8.ToArray()));
        Assert.Equal(MaxJournal - 10, new FileInfo(JournalPath).Length);
        Assert.True(await store.AppendAsync(Run, First, 2, "012345678\n"u8.ToArray()));
        Assert.Equal("012345678\n", await ReadAsync(Store(), 2));

        await File.AppendAllTextAsync(JournalPath, "x");
        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => Store().ReadAsync(Run, 0));
        Assert.Contains(JournalPath, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_may_not_be_written_is_taken_back()
    {
        await CreateAsync();
        FileRunStore store = Store(new WatchedFiles(_root)
        {
            Writing = (file, line) =>
            {
                file.Write(line);
                throw new UnauthorizedAccessException("Access to the path is denied.");
            },
        });
        await ReadAsync(store, 0);

        await Assert.ThrowsAsync<JournalException>(() => store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        Assert.Equal("first\n", await File.ReadAllTextAsync(JournalPath));
    }

    /// <summary>What was confirmed is not gone after a power cut: neither its content nor its name.</summary>
    [Fact]
    public async Task What_is_confirmed_has_reached_the_disk()
    {
        WatchedFiles files = new(_root);
        IRunStore store = await CreateAsync(files);
        long lease = new FileInfo(RunPath("lease.json")).Length;
        Assert.Equal(
            [
                "..: runs", ".: .lock .new-run-1", ".new-run-1: inbox",
                ".new-run-1/new: 2 bytes", ".new-run-1: inbox plan.json",
                ".new-run-1/new: 6 bytes", ".new-run-1: inbox journal.jsonl plan.json",
                $".new-run-1/new: {lease} bytes", ".new-run-1: inbox journal.jsonl lease.json plan.json",
                ".: .lock run-1",
            ],
            files.Take());

        await ReadAsync(store, 0);
        Assert.True(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        Assert.Equal(["run-1/journal.jsonl: 13 bytes"], files.Take());

        Assert.True(await store.SaveAsync(Run, "files/deep/down", "saved"u8.ToArray(), First, overwrite: false));
        Assert.Equal(
            [
                "run-1: files inbox journal.jsonl lease.json lock plan.json", "run-1/files: deep",
                "run-1/files/deep/new: 5 bytes", "run-1/files/deep: down",
            ],
            files.Take());

        Assert.True(await store.WriteLeaseAsync(Run, First, Second));
        Assert.Equal([$"run-1/new: {lease} bytes", "run-1: files inbox journal.jsonl lease.json lock plan.json"], files.Take());
    }

    /// <summary>The next boot is another one: its beats and what is shown need no disk that is waited for.</summary>
    [Fact]
    public async Task A_beat_and_what_is_only_shown_need_not_reach_the_disk()
    {
        WatchedFiles files = new(_root);
        IRunStore store = await CreateAsync(files);
        await store.SaveAsync(Run, "decision.json", "one"u8.ToArray(), First, overwrite: true);
        files.Take();

        Assert.True(await store.WriteLeaseAsync(Run, First, First with { Beat = 8 }));
        Assert.True(await store.SaveAsync(Run, "decision.json", "another"u8.ToArray(), First, overwrite: true));
        Assert.Empty(files.Take());
    }

    [Fact]
    public async Task A_record_that_did_not_reach_the_disk_is_taken_back_on_the_disk_too()
    {
        WatchedFiles files = new(_root);
        IRunStore store = await CreateAsync(files);
        await ReadAsync(store, 0);
        files.Take();
        files.Flushing = what =>
        {
            if (what == "run-1/journal.jsonl: 13 bytes")
            {
                throw new IOException("Input/output error");
            }
        };

        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        Assert.Contains(Words.Get("journal.nothing-written"), refused.Message, StringComparison.Ordinal);
        Assert.Equal(["run-1/journal.jsonl: 6 bytes"], files.Take());
    }

    [Fact]
    public async Task A_record_that_can_neither_be_written_nor_taken_back_is_said_to_be_perhaps_there()
    {
        WatchedFiles files = new(_root);
        IRunStore store = await CreateAsync(files);
        await ReadAsync(store, 0);
        files.Flushing = _ => throw new IOException("Input/output error");

        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        Assert.Contains(Words.Get("journal.perhaps-written", 2, "Input/output error"), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_cannot_be_stored_says_why_although_its_folder_is_gone()
    {
        WatchedFiles files = new(_root);
        files.Flushing = what =>
        {
            if (what.StartsWith(".new-run-1", StringComparison.Ordinal))
            {
                Directory.Delete(Path.Combine(_root, ".new-run-1"), recursive: true);
                throw new IOException("Input/output error");
            }
        };
        Assert.Equal("Input/output error", (await Assert.ThrowsAsync<IOException>(() => CreateAsync(files))).Message);
    }

    /// <summary>What it remembers of a run is where its lines end.</summary>
    [Fact]
    public async Task A_store_remembers_sixty_four_runs_and_then_reads_again()
    {
        IRunStore store = await CreateAsync();
        await ReadAsync(store, 0);
        await AskForOthersAsync(1, 62);
        Assert.True(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        await AskForOthersAsync(63, 63);
        Assert.False(await store.AppendAsync(Run, First, 2, "third\n"u8.ToArray()));
        await ReadAsync(store, 0);
        Assert.True(await store.AppendAsync(Run, First, 2, "third\n"u8.ToArray()));

        async Task AskForOthersAsync(int first, int last)
        {
            for (int i = first; i <= last; i++)
            {
                await Assert.ThrowsAsync<JournalException>(() => store.ReadAsync($"other-{i}", 0));
            }
        }
    }

    [Theory]
    [InlineData("first\n", "first", "first")]
    [InlineData("first\nsecond\nthird\n", "first", "third")]
    [InlineData("first\nsecond\nthi", "first", "second")]
    [InlineData("fir", "", "")]
    [InlineData("", "", "")]
    [InlineData("\nsecond\n", "", "second")]
    public async Task A_glance_shows_the_first_and_the_last_whole_record(string journal, string first, string last)
    {
        IRunStore store = await CreateAsync();
        await File.WriteAllTextAsync(JournalPath, journal);

        StoredRun glance = Assert.Single(await store.ListAsync());
        Assert.Equal((first, last, null), (Text(glance.First), Text(glance.Last), glance.Damage));
        Assert.Equal((Run, First.Owner), (glance.RunId, glance.Lease!.Owner));
        Assert.Equal(Text(glance.Last), Text((await store.FindAsync(Run))!.Last));
    }

    [Fact]
    public async Task A_glance_finds_records_as_long_as_they_may_be()
    {
        IRunStore store = await CreateAsync();
        string longest = new('x', MaxLine - 1);
        await File.WriteAllTextAsync(JournalPath, $"{longest}\nbetween\n{longest.Replace('x', 'y')}\n{longest.Replace('x', 'z')}");

        StoredRun glance = Assert.Single(await store.ListAsync());
        Assert.Equal(longest, Text(glance.First));
        Assert.Equal(longest.Replace('x', 'y'), Text(glance.Last));
    }

    [Fact]
    public async Task What_lacks_its_journal_is_a_damaged_run_and_what_has_neither_is_none()
    {
        IRunStore store = await CreateAsync();
        File.Delete(JournalPath);
        Directory.CreateDirectory(Path.Combine(_root, "no-run"));
        Directory.Move(RunPath("inbox"), RunPath(".inbox"));
        Directory.CreateDirectory(Path.Combine(_root, ".new-run-2"));
        await File.WriteAllTextAsync(Path.Combine(_root, ".new-run-2", "plan.json"), "{}");

        Assert.Contains("journal.jsonl", Assert.Single(await store.ListAsync()).Damage, StringComparison.Ordinal);
        File.Delete(RunPath("plan.json"));
        Assert.Empty(await store.ListAsync());
        Assert.Null(await store.FindAsync(Run));
        await Assert.ThrowsAsync<JournalException>(() => store.ReadAsync(Run, 0));
    }

    [Fact]
    public async Task A_run_that_was_stopped_while_it_was_stored_leaves_nothing()
    {
        IRunStore store = Store();
        CancellationToken stopped = new(canceled: true);
        await using (await store.LockAsync())
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => store.CreateAsync(Run, "{}"u8.ToArray(), "first\n"u8.ToArray(), First, stopped));
        }

        Assert.Equal([".lock"], Directory.GetFileSystemEntries(_root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_run_whose_name_is_taken_is_not_stored_over_it()
    {
        IRunStore store = await CreateAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => store.CreateAsync(Run, "{}"u8.ToArray(), "another\n"u8.ToArray(), Second));

        Assert.Equal("first\n", await File.ReadAllTextAsync(JournalPath));
        Assert.Equal([".lock", Run], Directory.GetFileSystemEntries(_root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("plan.json", 16 * 1024 * 1024)]
    [InlineData("inbox/c1.json", 64 * 1024)]
    [InlineData("files/saved", 16 * 1024 * 1024)]
    public async Task A_file_is_read_up_to_its_limit(string name, int limit)
    {
        IRunStore store = await CreateAsync();
        Directory.CreateDirectory(RunPath("files"));
        await File.WriteAllBytesAsync(RunPath(name), new byte[limit]);
        Assert.Equal(limit, (await store.LoadAsync(Run, name))!.Value.Length);

        await File.WriteAllBytesAsync(RunPath(name), new byte[limit + 1]);
        await Assert.ThrowsAsync<JournalException>(() => store.LoadAsync(Run, name));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_holds_the_lock_too_long_is_named_as_far_as_the_lease_tells(bool isKnown)
    {
        IRunStore store = await CreateAsync();
        if (!isKnown)
        {
            await File.WriteAllTextAsync(RunPath("lease.json"), "{}");
        }

        string holder = (await store.ReadLeaseAsync(Run))?.Holder ?? Words.Get("journal.holder-unknown");
        using FileStream held = new(RunPath("lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        LeaseHeldException refused = Assert.Throws<LeaseHeldException>(
            () => Clock.Run(() => store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()), TimeSpan.FromMinutes(1)));

        Assert.Equal(holder, refused.Holder);
        Assert.Contains(Words.Get("journal.lock-held", Run, TimeSpan.FromSeconds(10), holder), refused.Message, StringComparison.Ordinal);
        Assert.Equal(isKnown, refused.Message.Contains(Words.Get("journal.how-to-free", Environment.ProcessId), StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromSeconds(10), Clock.Elapsed);
    }

    [Fact]
    public async Task A_lock_is_waited_for_exactly_as_long_as_told_and_not_at_all_by_who_was_stopped()
    {
        await CreateAsync();
        FileLock folder = new(RunPath("lock"), TimeSpan.FromMilliseconds(100), Clock);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => folder.EnterAsync(new CancellationToken(canceled: true)));
        using (new FileStream(RunPath("lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.Throws<TimeoutException>(() => Clock.Run(() => folder.EnterAsync(CancellationToken.None), TimeSpan.FromMinutes(1)));
            Assert.Equal(TimeSpan.FromMilliseconds(100), Clock.Elapsed);
        }

        (await folder.EnterAsync(CancellationToken.None)).Dispose();

        // What is no lock that somebody holds is not waited for.
        FileLock nowhere = new(RunPath("no folder/lock"), TimeSpan.FromHours(1), Clock);
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => nowhere.EnterAsync(CancellationToken.None));
    }

    /// <summary>Two records within one moment of the file system.</summary>
    [Fact]
    public async Task A_record_is_a_change_although_no_time_has_passed()
    {
        IRunStore store = await CreateAsync();
        await ReadAsync(store, 0);
        await store.ReadLeaseAsync(Run);
        DateTime at = File.GetLastWriteTimeUtc(JournalPath);
        string seen = await store.WaitForChangeAsync(Run, null, TimeSpan.Zero);
        Assert.True(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        File.SetLastWriteTimeUtc(JournalPath, at);
        Assert.NotEqual(seen, await store.WaitForChangeAsync(Run, seen, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_name_that_is_gone_is_a_change()
    {
        IRunStore store = await CreateAsync();
        string seen = await store.WaitForChangeAsync(Run, null, TimeSpan.Zero);
        Directory.Delete(RunPath("inbox"));
        string without = await store.WaitForChangeAsync(Run, seen, TimeSpan.Zero);
        Assert.NotEqual(seen, without);
        File.Delete(JournalPath);
        Assert.NotEqual(without, await store.WaitForChangeAsync(Run, without, TimeSpan.Zero));
    }

    [Fact]
    public void A_store_has_a_folder() =>
        Assert.Throws<ArgumentException>("folder", () => new FileRunStore(string.Empty, new FileUpgradeJournalOptions(), Clock));

    [Fact]
    public async Task A_place_is_told_without_a_separator_at_its_end()
    {
        FileRunStore store = new(_root + Path.DirectorySeparatorChar, new FileUpgradeJournalOptions(), Clock);
        Assert.Equal(Path.Combine(_root, Run), store.Locate(Run));
        Assert.Equal(JournalPath, store.Locate(Run, "journal.jsonl"));
        await CreateAsync();
        Assert.Equal(Run, Assert.Single(await store.ListAsync()).RunId);
    }

    private protected override IRunStore Store() => Store(DurableFiles.Local);

    private FileRunStore Store(DurableFiles files) => new(_root, new FileUpgradeJournalOptions(), Clock) { Files = files };

    private Task<IRunStore> CreateAsync(DurableFiles files) => CreateAsync(Store(files));

    private string RunPath(string name) => Path.Combine(_root, Run, name);
}
