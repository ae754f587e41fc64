using BenchmarkDotNet.Attributes;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>One record on the disk: a bare write and flush, and an append under lock, lease and hash chain.</summary>
[MemoryDiagnoser]
public class JournalAppendBenchmarks
{
    private static readonly JournalEntry Entry = new()
    {
        Kind = JournalEntryKind.Intent,
        Step = "S8/gw1/0",
        Node = "gw1",
        Attempt = 1,
        Text = Message.Said("Starting the installation of ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz on gw1."),
        Values = new Dictionary<string, string> { ["prior.build"] = "2.0.1.6960", ["prior.role"] = "Secondary" },
    };

    private readonly byte[] _line = new byte[420];
    private DirectoryInfo _folder = null!;
    private FileStream _bare = null!;
    private FileUpgradeJournal _journal = null!;
    private RunLease _lease = null!;

    [IterationSetup]
    public void Setup()
    {
        // A new run for each iteration: a journal has its largest size.
        _folder = Directory.CreateTempSubdirectory("ksmg-journal-");
        _bare = new FileStream(Path.Combine(_folder.FullName, "bare"), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _journal = new FileUpgradeJournal(Path.Combine(_folder.FullName, "runs"));
        _lease = _journal.CreateAsync(Plans.Of(3)).GetAwaiter().GetResult();
    }

    [IterationCleanup]
    public void Cleanup()
    {
        _lease.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _bare.Dispose();
        _folder.Delete(recursive: true);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = 100)]
    public void BareWriteAndFlush()
    {
        for (int i = 0; i < 100; i++)
        {
            _bare.Write(_line);
            _bare.Flush(flushToDisk: true);
        }
    }

    [Benchmark(OperationsPerInvoke = 100)]
    public async Task Append()
    {
        for (int i = 0; i < 100; i++)
        {
            await _journal.AppendAsync(_lease, Entry);
        }
    }
}
