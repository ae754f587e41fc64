using System.Globalization;
using System.Reflection;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What all journals have in common: names, the entries that journals write themselves, the end of a run.</summary>
internal static class JournalRules
{
    /// <summary>The key under which <see cref="JournalEntryKind.RunEnded"/> says how the run ended.</summary>
    public const string End = "end";

    /// <summary>The key under which the first record names the cluster, so that a listing need not read the plan.</summary>
    public const string Cluster = "cluster";

    /// <summary>The key under which the first record names the nodes of the cluster: whose run it is.</summary>
    public const string Nodes = "nodes";

    /// <summary>The key under which the first record holds the hash of the plan.</summary>
    public const string PlanHash = "planHash";

    /// <summary>The plan among the files of a run.</summary>
    public const string PlanFile = "plan.json";

    /// <summary>The records of a run, where a store keeps them in a file; its name in messages.</summary>
    public const string RecordsFile = "journal.jsonl";

    /// <summary>What the driver of a run decided last.</summary>
    public const string DecisionFile = "decision.json";

    /// <summary>Where humans put their commands.</summary>
    public const string Inbox = "inbox";

    /// <summary>Where what a run saves is.</summary>
    public const string SavedFiles = "files";

    /// <summary>The largest plan, in bytes.</summary>
    public const int MaxPlanBytes = 16 * 1024 * 1024;

    /// <summary>The largest file saved with a run, in bytes.</summary>
    public const int MaxSavedFileBytes = 16 * 1024 * 1024;

    /// <summary>The largest command or answer, in bytes.</summary>
    public const int MaxCommandBytes = 64 * 1024;

    /// <summary>The first record of a run.</summary>
    public static JournalEntry RunCreated(UpgradePlan plan) => new()
    {
        Kind = JournalEntryKind.RunCreated,
        Text = Message.Of("journal.created", plan.RunId, plan.Cluster, plan.From, plan.To),
        Values = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [Cluster] = plan.Cluster,
            [Nodes] = RunOwner.Of(plan).NodesToText(),
            [PlanHash] = plan.Hash,
            ["schema"] = plan.Schema.ToString(CultureInfo.InvariantCulture),
            ["engine"] = typeof(JournalRules).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        },
    };

    /// <summary>The first record of an epoch.</summary>
    public static JournalEntry EpochStarted(Guid owner) => new()
    {
        Kind = JournalEntryKind.EpochStarted,
        Text = Message.Of("journal.driven", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), Environment.MachineName),
        Values = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = Environment.MachineName,
            ["owner"] = owner.ToString(),
            ["pid"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
        },
    };

    /// <summary>How the run ended, when this is its last record; nothing follows <see cref="JournalEntryKind.RunEnded"/>.</summary>
    public static UpgradeEnd? EndOf(JournalRecord? last) =>
        last is { Entry.Kind: JournalEntryKind.RunEnded }
            ? Enum.TryParse(last.Entry.Values?.GetValueOrDefault(End), out UpgradeEnd end) ? end : UpgradeEnd.Failed
            : null;

    /// <summary>Refuses a plan that is not the one that was hashed: what a human approved would not be what runs.</summary>
    public static void CheckPlan(UpgradePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        CheckId(plan.RunId);
        if (!plan.IsAsHashed)
        {
            throw new JournalException(Words.Get("error.plan-changed"));
        }
    }

    /// <summary>Refuses what is no id: letters, digits and <c>-</c>, so that it is a file name everywhere and never a path.</summary>
    public static string CheckId(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return id.Length <= 100 && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? id
            : throw new ArgumentException("An id has up to 100 letters, digits and hyphens.", nameof(id));
    }

    /// <summary>Refuses names that lead out of the run's folder or that not every file system takes.</summary>
    public static string CheckFileName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        bool good = name.Length <= 500
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/')
            && name.Split('/').All(part => part.Length is > 0 and <= 100 && part[^1] != '.');
        return good
            ? name
            : throw new ArgumentException(
                "A saved file's name has letters, digits, '-', '_', '.' and '/', is relative, and no part of it is empty or ends with a dot.", nameof(name));
    }

    /// <summary>Refuses content above the limit.</summary>
    public static void CheckFileSize(ReadOnlyMemory<byte> content)
    {
        if (content.Length > MaxSavedFileBytes)
        {
            throw new JournalException(Words.Get("journal.file-too-large", MaxSavedFileBytes, content.Length));
        }
    }

    /// <summary>A command as it is kept; refuses what is above the limit.</summary>
    public static byte[] CheckCommand(string id, byte[] content)
    {
        CheckId(id);
        return content.Length <= MaxCommandBytes
            ? content
            : throw new JournalException(Words.Get("journal.command-too-large", MaxCommandBytes, content.Length));
    }

    /// <summary>Whose run it is, by its first record.</summary>
    public static RunOwner? OwnerOf(JournalRecord first) =>
        first.Entry.Values?.GetValueOrDefault(Cluster) is { } cluster ? RunOwner.Parse(cluster, first.Entry.Values.GetValueOrDefault(Nodes)) : null;

    /// <summary>A cluster has one active run, and a node is in one: whoever shares a node with an active run begins none.</summary>
    /// <param name="plan">The plan of the new run.</param>
    /// <param name="all">The runs there are.</param>
    /// <param name="placeOf">Where a run is kept, for people.</param>
    public static void RefuseSecondRun(UpgradePlan plan, IEnumerable<RunSummary> all, Func<string, string> placeOf)
    {
        RunOwner owner = RunOwner.Of(plan);
        foreach (RunSummary other in all)
        {
            if (other.RunId == plan.RunId)
            {
                throw new JournalException(Words.Get("journal.run-exists", plan.RunId));
            }

            if (other.Owner?.MayBe(owner) == false)
            {
                continue;
            }

            if (other.Damage is not null)
            {
                throw new JournalException(Words.Get("journal.run-unreadable", other.RunId, other.Damage, placeOf(other.RunId)));
            }

            if (other.End is null)
            {
                throw Active(other, owner);
            }
        }
    }

    /// <summary>A run is taken up again only while the cluster is as it left it: no other one is active, and none began since.</summary>
    public static void RefuseReopening(RunSummary run, IEnumerable<RunSummary> all)
    {
        foreach (RunSummary other in all.Where(r => r.RunId != run.RunId && r.Owner is not null && run.Owner?.MayBe(r.Owner) == true))
        {
            if (other.End is null)
            {
                throw Active(other, run.Owner!);
            }

            if (other.CreatedAt > run.CreatedAt)
            {
                throw new JournalException(Words.Get("journal.newer-run", run.RunId, other.RunId, run.Cluster));
            }
        }
    }

    private static ActiveRunException Active(RunSummary active, RunOwner asks)
    {
        string message = active.Holder is { } holder
            ? Words.Get("journal.active-driven", active.Cluster, active.RunId, holder)
            : Words.Get("journal.active", active.Cluster, active.RunId);
        string why = active.Owner?.WhyNotOf(asks, active.RunId) is null ? string.Empty : " " + Words.Get("journal.shared-nodes", active.Owner, asks);
        return new ActiveRunException(message + why) { RunId = active.RunId, Holder = active.Holder };
    }

    public static JournalException NoSuchRun(string runId) => new(Words.Get("journal.no-run", runId));

    public static JournalException Ended(string runId, UpgradeEnd end) => new(Words.Get("journal.run-ended", runId, end));

    public static LeaseLostException Lost(string runId, long epoch) => new(Words.Get("journal.lease-lost", runId, epoch));

    public static JournalException Damage(string place, string defect) => new(Words.Get("journal.damaged", place, defect));

    public static JournalException Unreadable(string what, Exception e) => new(Words.Get("journal.unreadable", what, e.Message), e);
}
