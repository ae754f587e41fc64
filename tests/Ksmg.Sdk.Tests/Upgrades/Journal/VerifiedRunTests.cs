using System.Security.Cryptography;
using System.Text;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Moq;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What is taken for the records of a run, and where the next one goes, whatever its store says.</summary>
public sealed class VerifiedRunTests
{
    private const string Run = "run-1";
    private const int MaxLine = 1024 * 1024;

    private static readonly DateTimeOffset At = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);
    private static readonly StoredLease Lease = new() { Epoch = 1, Owner = Guid.NewGuid(), Since = At, BeatAt = At };

    private readonly Mock<IRunStore> _store = new(MockBehavior.Strict);
    private readonly List<byte[]> _lines = [];
    private byte[]? _planFile;
    private byte[] _tail = [];

    public VerifiedRunTests()
    {
        Keep(PlanJson.ToBytes(Plan()), JournalRules.RunCreated(Plan()), Observation("second"), Observation("third"));
        _store.Setup(s => s.Locate(Run, It.IsAny<string?>())).Returns((string _, string? name) => $"here/{name}");
        _store.Setup(s => s.LoadAsync(Run, "plan.json", It.IsAny<CancellationToken>()))
            .Returns(() => Task.FromResult<ReadOnlyMemory<byte>?>(_planFile is null ? default(ReadOnlyMemory<byte>?) : _planFile));
        _store.Setup(s => s.ReadAsync(Run, It.IsAny<long>(), It.IsAny<CancellationToken>()))
            .Returns((string _, long after, CancellationToken _) => Task.FromResult(Above(after)));
        _store.Setup(s => s.AppendAsync(Run, Lease, It.IsAny<long>(), It.IsAny<ReadOnlyMemory<byte>>(), It.IsAny<CancellationToken>()))
            .Returns((string _, StoredLease _, long after, ReadOnlyMemory<byte> line, CancellationToken _) => Task.FromResult(Append(after, line)));
    }

    [Fact]
    public async Task Plan_and_records_are_read_as_they_were_written()
    {
        VerifiedRun run = new(_store.Object, Run);
        Assert.Equal(Plan().Hash, (await run.ReadPlanAsync(default)).Hash);
        Assert.Equal([1L, 2L, 3L], (await run.ReadAsync(0, default)).Select(r => r.Sequence));
        Assert.Equal([3L], (await run.ReadAsync(2, default)).Select(r => r.Sequence));
        Assert.Empty(await run.ReadAsync(3, default));
    }

    public static TheoryData<string, int> Damages => new()
    {
        { "no plan", 0 },
        { "a plan that is none", 0 },
        { "no records", 1 },
        { "fewer than none", 1 },
        { "the first is of another kind", 1 },
        { "the first names another plan", 1 },
        { "the first names no plan", 1 },
        { "the last newline is another letter", 3 },
        { "a tail that is longer than a line", 4 },
        { "a record that is none", 4 },
        { "a line that is only a hash", 4 },
        { "a number twice", 4 },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Damage_is_told_with_its_place(string what, int line)
    {
        JournalEntry created = JournalRules.RunCreated(Plan());
        string defect = string.Empty;
        switch (what)
        {
            case "no plan":
                _planFile = null;
                defect = Words.Get("damage.file-missing");
                break;
            case "a plan that is none":
                Keep("{}"u8.ToArray(), created);
                break;
            case "no records":
                _lines.Clear();
                defect = Words.Get("damage.no-record");
                break;
            case "fewer than none":
                _store.Setup(s => s.ReadAsync(Run, 0, It.IsAny<CancellationToken>())).ReturnsAsync((ReadOnlyMemory<byte>?)null);
                defect = Words.Get("damage.line-missing");
                break;
            case "the first is of another kind":
                Keep(_planFile!, created with { Kind = JournalEntryKind.Observation });
                defect = Words.Get("damage.other-plan", "here/plan.json");
                break;
            case "the first names another plan":
                Keep(_planFile!, JournalRules.RunCreated(Plan() with { Hash = new string('c', 64) }));
                defect = Words.Get("damage.other-plan", "here/plan.json");
                break;
            case "the first names no plan":
                Keep(_planFile!, created with { Values = null });
                defect = Words.Get("damage.other-plan", "here/plan.json");
                break;
            case "the last newline is another letter":
                _tail = [.. _lines[^1][..^1], (byte)'x'];
                _lines.RemoveAt(2);
                defect = Words.Get("damage.line-end");
                break;
            case "a tail that is longer than a line":
                _tail = new byte[MaxLine + 1];
                defect = Words.Get("damage.line-end");
                break;
            case "a record that is none":
                _lines.Add(Sealed("""{"sequence":4"""));
                break;
            case "a line that is only a hash":
                _lines.Add(Sealed(string.Empty));
                defect = Words.Get("damage.no-hash");
                break;
            default:
                _lines.Add(JournalChain.Seal(LastHash(), 3, At, 1, Observation("again")).Line);
                defect = Words.Get("damage.wrong-number", 3);
                break;
        }

        JournalException found = await Assert.ThrowsAsync<JournalException>(() => new VerifiedRun(_store.Object, Run).ReadAsync(0, default));

        string place = line == 0 ? "here/plan.json" : "here/journal.jsonl";
        string told = JournalRules.Damage(place, line == 0 ? defect : Words.Get("damage.line", line, defect)).Message;
        Assert.StartsWith(defect.Length > 0 ? told : place, found.Message, StringComparison.Ordinal);
        Assert.StartsWith(line == 0 ? place : $"{place}, line {line}: ", found.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(MaxLine)]
    public async Task A_tail_as_long_as_a_line_may_be_torn(int length)
    {
        _tail = new byte[length];
        Assert.Equal(3, (await new VerifiedRun(_store.Object, Run).ReadAsync(0, default)).Count);
    }

    /// <summary>The hash proves what stands before it; what stands around it is as fixed.</summary>
    [Fact]
    public void A_line_is_one_in_every_byte()
    {
        (JournalRecord record, byte[] line) = JournalChain.Seal(new string('0', 64), 1, At, 1, Observation("x"));
        line = line[..^1];
        Assert.True(JournalChain.TryOpen(line, new string('0', 64), 1, out JournalRecord? opened, out string? defect));
        Assert.Equal((record.Hash, null), (opened.Hash, defect));
        Assert.False(JournalChain.TryOpen(line, new string('1', 64), 1, out _, out defect));
        Assert.Equal(Words.Get("damage.wrong-hash"), defect);
        for (int i = 0; i < line.Length; i++)
        {
            byte[] other = [.. line];
            other[i] ^= 1;
            Assert.False(JournalChain.TryOpen(other, new string('0', 64), 1, out _, out defect), $"byte {i}");
            bool isAround = i >= line.Length - 75 && (i < line.Length - 66 || i >= line.Length - 2);
            Assert.Equal((i, Words.Get(isAround ? "damage.no-hash" : "damage.wrong-hash")), (i, defect));
            Assert.False(JournalChain.TryOpen(line.AsSpan(i + 1), new string('0', 64), 1, out _, out _), $"from byte {i}");
            Assert.False(JournalChain.TryOpen(line.AsSpan(0, i), new string('0', 64), 1, out _, out _), $"to byte {i}");
        }
    }

    [Fact]
    public void A_record_fills_a_line_and_no_more()
    {
        int around = JournalChain.Seal(string.Empty, 1, At, 1, Observation("x")).Line.Length - 1;
        (_, byte[] line) = JournalChain.Seal(string.Empty, 1, At, 1, Observation(new string('x', MaxLine - around)));
        Assert.Equal(MaxLine, line.Length);

        JournalException refused = Assert.Throws<JournalException>(
            () => JournalChain.Seal(string.Empty, 1, At, 1, Observation(new string('x', MaxLine - around + 1))));
        Assert.Equal(Words.Get("journal.record-too-large", MaxLine, MaxLine), refused.Message);
    }

    [Fact]
    public async Task A_record_follows_what_was_written_since_it_was_looked()
    {
        VerifiedRun run = new(_store.Object, Run);
        await run.ReadAsync(0, default);
        _lines.Add(JournalChain.Seal(LastHash(), 4, At, 1, Observation("whose answer was lost")).Line);

        JournalRecord appended = await run.AppendAsync(Lease, At, Observation("next"), afterEnd: false, default);

        Assert.Equal(5, appended.Sequence);
        Assert.Equal([4L, 5L], (await new VerifiedRun(_store.Object, Run).ReadAsync(3, default)).Select(r => r.Sequence));
        Assert.Equal(6, (await run.AppendAsync(Lease, At, Observation("and the next"), afterEnd: false, default)).Sequence);
        Assert.Equal(6, (await run.ReadAsync(0, default)).Count);
    }

    [Fact]
    public async Task A_record_that_is_never_the_next_is_given_up()
    {
        List<long> after = [];
        _store.Setup(s => s.AppendAsync(Run, Lease, It.IsAny<long>(), It.IsAny<ReadOnlyMemory<byte>>(), It.IsAny<CancellationToken>()))
            .Callback((string _, StoredLease _, long at, ReadOnlyMemory<byte> _, CancellationToken _) => after.Add(at))
            .ReturnsAsync(false);
        VerifiedRun run = new(_store.Object, Run);

        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => run.AppendAsync(Lease, At, Observation("x"), afterEnd: false, default));

        Assert.Equal(Words.Get("journal.changes", "here/journal.jsonl"), refused.Message);
        Assert.Equal([3L, 3L], after);
        Assert.Equal(3, (await run.ReadAsync(0, default)).Count);
    }

    /// <summary>An end that somebody else wrote is seen before anything is written behind it.</summary>
    [Fact]
    public async Task Nothing_is_written_behind_an_end_that_was_not_known_of()
    {
        VerifiedRun run = new(_store.Object, Run);
        await run.ReadAsync(0, default);
        _lines.Add(JournalChain.Seal(LastHash(), 4, At, 1, Ended(UpgradeEnd.Aborted)).Line);

        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => run.AppendAsync(Lease, At, Observation("x"), afterEnd: false, default));
        Assert.Equal(JournalRules.Ended(Run, UpgradeEnd.Aborted).Message, refused.Message);
        Assert.Equal(4, _lines.Count);
        Assert.Equal(5, (await run.AppendAsync(Lease, At, Observation("reopened"), afterEnd: true, default)).Sequence);
        Assert.Equal(6, (await run.AppendAsync(Lease, At, Observation("goes on"), afterEnd: false, default)).Sequence);
    }

    [Fact]
    public async Task What_readers_verify_at_once_is_known_once()
    {
        TaskCompletionSource both = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.Setup(s => s.ReadAsync(Run, It.IsAny<long>(), It.IsAny<CancellationToken>()))
            .Returns(async (string _, long after, CancellationToken _) =>
            {
                await both.Task;
                return Above(after);
            });
        VerifiedRun run = new(_store.Object, Run);
        Task<IReadOnlyList<JournalRecord>>[] readers = [run.ReadAsync(0, default), run.ReadAsync(0, default), run.ReadAsync(1, default)];
        both.SetResult();
        IReadOnlyList<JournalRecord>[] read = await Task.WhenAll(readers).WaitAsync(Eventually.Limit);

        Assert.Equal([3, 3, 2], read.Select(r => r.Count));
        Assert.Equal(4, (await run.AppendAsync(Lease, At, Observation("next"), afterEnd: false, default)).Sequence);
        Assert.Equal(["second", "third", "next"], (await run.ReadAsync(1, default)).Select(r => (string?)r.Entry.Text));
        Assert.Equal(Plan().Hash, (await run.ReadPlanAsync(default)).Hash);
    }

    /// <summary>A journal that was put back from a copy and went on from there: what was known is forgotten, and not mixed with it.</summary>
    [Fact]
    public async Task What_contradicts_the_known_records_is_read_from_the_beginning()
    {
        VerifiedRun run = new(_store.Object, Run);
        await run.ReadAsync(0, default);
        _lines.RemoveRange(1, 2);
        foreach (string text in (string[])["other second", "other third", "other fourth"])
        {
            _lines.Add(JournalChain.Seal(LastHash(), _lines.Count + 1, At, 1, Observation(text)).Line);
        }

        Assert.Equal(["other second", "other third", "other fourth"], (await run.ReadAsync(1, default)).Select(r => (string?)r.Entry.Text));
        Assert.Equal(Plan().Hash, (await run.ReadPlanAsync(default)).Hash);
    }

    [Fact]
    public async Task A_run_is_begun_with_lines_that_follow_its_plan()
    {
        VerifiedRun run = new(_store.Object, Run);
        ReadOnlyMemory<byte> lines = run.Begin(Plan(), _planFile!, Lease with { Epoch = 7 }, [JournalRules.RunCreated(Plan()), Observation("begun")]);
        _lines.Clear();
        int end = lines.Span.IndexOf((byte)'\n') + 1;
        _lines.AddRange([lines[..end].ToArray(), lines[end..].ToArray()]);

        IReadOnlyList<JournalRecord> read = await new VerifiedRun(_store.Object, Run).ReadAsync(0, default);
        Assert.Equal([(1L, 7L, At), (2L, 7L, At)], read.Select(r => (r.Sequence, r.Epoch, r.At)));
        Assert.Equal(3, (await run.AppendAsync(Lease, At, Observation("next"), afterEnd: false, default)).Sequence);
        Assert.Equal(Plan().Hash, (await run.ReadPlanAsync(default)).Hash);
    }

    private static byte[] Line(string previous, string body) => Encoding.UTF8.GetBytes(
        $"{body},\"hash\":\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(previous + body)))}\"}}\n");

    /// <summary>A line whose hash holds, whatever it says.</summary>
    private byte[] Sealed(string body) => Line(LastHash(), body);

    private string LastHash() => Encoding.UTF8.GetString(_lines[^1])[^67..^3];

    private void Keep(byte[] planFile, params JournalEntry[] entries)
    {
        _planFile = planFile;
        _lines.Clear();
        string hash = JournalChain.Seed(planFile);
        foreach (JournalEntry entry in entries)
        {
            (JournalRecord record, byte[] line) = JournalChain.Seal(hash, _lines.Count + 1, At, 1, entry);
            _lines.Add(line);
            hash = record.Hash;
        }
    }

    private ReadOnlyMemory<byte>? Above(long after) => _lines.Count < after
        ? default(ReadOnlyMemory<byte>?)
        : (byte[])[.. _lines.Skip((int)after).SelectMany(l => l), .. _tail];

    private bool Append(long after, ReadOnlyMemory<byte> line)
    {
        if (_lines.Count != after)
        {
            return false;
        }

        _lines.Add(line.ToArray());
        return true;
    }
}
