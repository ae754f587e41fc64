using System.CommandLine;
using Ksmg.Cli.Fleet;

namespace Ksmg.Cli.Runs;

/// <summary>
/// The runs of a folder, or of the store of a fleet: those of the configured cluster, or all where none is configured. What a run did and waits for
/// can be read with that alone.
/// </summary>
/// <param name="journal">The folder, or the store.</param>
/// <param name="path">Where it is, or the file of the fleet.</param>
/// <param name="orchestrator">The cluster whose runs are meant; <see langword="null"/>: any cluster's.</param>
internal sealed class RunsFolder(UpgradeJournal journal, string path, RollingUpgradeOrchestrator? orchestrator)
{
    /// <summary>What a person writes for the newest run.</summary>
    public const string Latest = "latest";

    private const int Shown = 5;

    public UpgradeJournal Journal => journal;

    /// <summary>Where it is, or the file of the fleet.</summary>
    public string Path => path;

    /// <summary>Whether they are the runs of a fleet.</summary>
    public bool IsOfFleet { get; init; }

    /// <summary>What is known of updates.</summary>
    public KnownDefects Known { get; init; } = KnownDefects.Shipped;

    /// <summary>Whether the runs of all clusters are meant.</summary>
    public bool IsOfAny => orchestrator is null;

    /// <summary>Does the work of a command that asks no node: it needs no password, and without a file that describes a cluster no cluster.</summary>
    public static async Task<int> UseAsync(ParseResult result, CommonOptions common, CliConsole console, Func<RunsFolder, Output, Task<int>> work)
    {
        Output output = common.Output(result, console);
        if (common.FleetPath(result) is { } file)
        {
            FleetHost fleet = FleetHost.Open(file, console);
            await using (fleet.ConfigureAwait(false))
            {
                return await work(fleet.Runs, output).ConfigureAwait(false);
            }
        }

        string path = common.RunsPath(result);
        if (!common.HasCluster(result))
        {
            return await work(new RunsFolder(new FileUpgradeJournal(path), path, null), output).ConfigureAwait(false);
        }

        CliHost host = CliHost.CreateWithoutPassword(common.ClusterPath(result), common.PolicyPath(result), path);
        await using (host.ConfigureAwait(false))
        {
            return await work(host.Runs, output).ConfigureAwait(false);
        }
    }

    /// <summary>What a shell offers where a run is to be named: nothing is read but the names of folders, or the files of a fleet.</summary>
    public static IEnumerable<string> Suggest(CommonOptions common, ParseResult result)
    {
        if (common.FleetPath(result) is { } fleet)
        {
            return SuggestClusters(fleet);
        }

        DirectoryInfo folder = new(common.RunsPath(result));
        return folder.Exists
            ? [Latest, .. folder.EnumerateDirectories().Select(run => run.Name).Where(name => !name.StartsWith('.')).OrderDescending()]
            : [];
    }

    private static IEnumerable<string> SuggestClusters(string fleet)
    {
        try
        {
            return [Latest, .. FleetHost.Load(fleet).Clusters.Select(cluster => cluster.Name)];
        }
        catch (CliException)
        {
            // What is wrong with the file is told when the command is run.
            return [];
        }
    }

    /// <summary>The runs, the newest last.</summary>
    /// <param name="all">Those of other clusters too.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public Task<IReadOnlyList<RunSummary>> ListAsync(bool all, CancellationToken cancellationToken) =>
        all || orchestrator is null ? journal.ListAsync(cancellationToken) : orchestrator.ListRunsAsync(cancellationToken);

    /// <summary>A run to be read.</summary>
    public RecordedRun Get(string id) => new(journal, id);

    /// <summary>The run a person means, whosever it is: to read what it did needs no cluster.</summary>
    /// <exception cref="CliException">There is none, or several are meant; the message names those that are there.</exception>
    public async Task<RecordedRun> FindOfAnyAsync(string text, CancellationToken cancellationToken) =>
        Get(await ResolveAsync(text, cancellationToken).ConfigureAwait(false));

    /// <summary>The run a person means, with what a listing says of it.</summary>
    /// <exception cref="ForeignRunException">It is a run of another cluster than the configured one.</exception>
    /// <exception cref="CliException">There is none, or several are meant; the message names those that are there.</exception>
    public async Task<(RecordedRun Run, RunSummary Summary)> FindAsync(string text, CancellationToken cancellationToken)
    {
        string id = await ResolveAsync(text, cancellationToken).ConfigureAwait(false);
        RunSummary summary = orchestrator is null
            ? await journal.FindAsync(id, cancellationToken).ConfigureAwait(false)
            : await orchestrator.FindRunAsync(id, cancellationToken).ConfigureAwait(false);
        return (Get(id), summary);
    }

    /// <summary>The id a person means: it itself, its beginning where no other one begins so, <see cref="Latest"/>, or of a cluster its newest.</summary>
    /// <exception cref="CliException">There is none, or several are meant; the message names those that are there.</exception>
    public async Task<string> ResolveAsync(string text, CancellationToken cancellationToken)
    {
        try
        {
            return (await journal.FindAsync(text, cancellationToken).ConfigureAwait(false)).RunId;
        }
        catch (Exception e) when (e is JournalException or ArgumentException)
        {
            // No run of that name, or no name of a run.
        }

        IReadOnlyList<RunSummary> runs = await ListAsync(all: false, cancellationToken).ConfigureAwait(false);
        string[] ids = [.. runs.Select(run => run.RunId)];
        string[] meant = [.. runs.Where(run => text == Latest || run.Cluster == text).Select(run => run.RunId).TakeLast(1)];
        if (meant.Length == 0)
        {
            meant = [.. ids.Where(id => id.StartsWith(text, StringComparison.Ordinal))];
        }

        if (meant is [string one])
        {
            return one;
        }

        if (meant.Length > 1)
        {
            throw new CliException(ExitCodes.Usage, Words.Get("usage.several-runs", text, string.Join(", ", meant)));
        }

        string known = ids.Length == 0 ? Words.Get("usage.no-runs") : Words.Get("usage.last-runs", string.Join(", ", ids.TakeLast(Shown)));
        throw new CliException(ExitCodes.Usage, Words.Get(IsOfFleet ? "usage.no-run-of-fleet" : "usage.no-run", text, path, known));
    }
}
