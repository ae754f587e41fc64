namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A journal in a folder, for the processes of <em>one</em> machine; <c>docs/journal.md</c> describes every file. A folder per run:
/// <c>plan.json</c>, <c>journal.jsonl</c>, <c>lease.json</c>, <c>inbox/</c>, <c>files/</c>. On a network share its promises do not hold.
/// </summary>
public sealed class FileUpgradeJournal : UpgradeJournal
{
    private readonly FileRunStore _store;

    /// <summary>Creates a journal; the folder is made when the first run is.</summary>
    /// <param name="folder">The folder of all runs, on a local disk.</param>
    /// <param name="options">The clocks; <see langword="null"/>: the defaults.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/>: the system's.</param>
    public FileUpgradeJournal(string folder, FileUpgradeJournalOptions? options = null, TimeProvider? timeProvider = null)
        : this(new FileRunStore(folder, options ?? new FileUpgradeJournalOptions(), timeProvider ?? TimeProvider.System), timeProvider)
    {
    }

    private FileUpgradeJournal(FileRunStore store, TimeProvider? timeProvider)
        : base(store, timeProvider)
    {
        _store = store;
    }

    /// <summary>How files are read and written; tests let that fail.</summary>
    internal DurableFiles Files
    {
        init => _store.Files = value;
    }
}
