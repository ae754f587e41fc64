using System.Globalization;

namespace Ksmg.Cli.Runs;

/// <summary>
/// What a person wants to know of a run at a glance: folded from its events and from what its driver decided last; drawn by
/// <see cref="RunScreen"/>.
/// </summary>
internal sealed class RunBoard(UpgradePlan plan)
{
    private const int LogLines = 100;

    /// <summary>What is done again at the end of a rollback.</summary>
    private static readonly StepId[] Again = [StepId.ReceiveOn, StepId.TestMessage, StepId.ReceiveOffAgain, StepId.LoadOn];

    private readonly Dictionary<(string? Node, StepId Step), (StepMark Mark, DateTimeOffset At)> marks = [];
    private readonly HashSet<string> rolledBack = new(StringComparer.Ordinal);
    private readonly List<UpgradeEvent> log = [];
    private readonly EndEstimate estimate = new(plan);
    private UpgradeExplanation? told;

    public UpgradePlan Plan { get; } = plan;

    public IReadOnlyList<UpgradeEvent> Log => log;

    /// <summary>When the run's story begins, in whichever process.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>Why the run goes no further; <see langword="null"/> while it does.</summary>
    public UpgradeEvent? Standing { get; private set; }

    /// <summary>The upload under way: to which node, bytes sent, bytes in all, bytes a second.</summary>
    public (string? Node, long Sent, long Total, double Rate)? Upload { get; private set; }

    /// <summary>How the mail flows.</summary>
    public MailTraffic Mail { get; } = new();

    /// <summary>The last thing the command itself has to say.</summary>
    public string? Notice { get; set; }

    /// <summary>What is waited for, and what comes next, by the driver's own decision; what has come to its end since is left out.</summary>
    public IEnumerable<ExplainedStep> Current => told is null || Standing is not null ? [] : told.Steps
        .Where(step => step.What != ExplainedStepKind.Done && !IsOver(step, told.At))
        .OrderBy(step => step.What == ExplainedStepKind.Next);

    public StepMark this[string? node, StepId step] => marks.GetValueOrDefault((node, step)).Mark;

    /// <summary>Whether a step belongs to a rollback.</summary>
    public static bool IsOfRollback(StepId step) => step.Value.StartsWith('R');

    /// <summary>Whether a node goes back to its snapshot, or went.</summary>
    public bool RollsBack(string node) => rolledBack.Contains(node);

    /// <summary>When the nodes were seen last.</summary>
    public DateTimeOffset? SeenAt => told?.At;

    /// <summary>What was seen of a node last.</summary>
    public ExplainedNode? Seen(string node) => told?.Nodes.FirstOrDefault(seen => seen.Name == node);

    /// <summary>Whether work on a node has begun and not come to its end.</summary>
    public bool IsInHand(string node) =>
        marks.Any(mark => mark.Key.Node == node && mark.Key.Step != StepId.SnapshotBefore && mark.Value.Mark != StepMark.Pending)
        && this[node, RollsBack(node) ? StepId.LoadOn : StepId.Gate] != StepMark.Done;

    /// <inheritdoc cref="EndEstimate.Left"/>
    public TimeSpan? Left(DateTimeOffset now) => estimate.Left(now);

    /// <summary>What the run's driver decided last, and what it saw of the nodes.</summary>
    public void Tell(UpgradeExplanation explanation)
    {
        if (explanation.Nodes.Count > 0 && explanation.At != told?.At)
        {
            told = explanation;
            Mail.Tell(explanation);
        }
    }

    public void Apply(UpgradeEvent e)
    {
        estimate.Apply(e);
        StepMark? mark = e.Kind switch
        {
            UpgradeEventKind.StepStarted or UpgradeEventKind.StepProgress => StepMark.Active,
            UpgradeEventKind.Waiting => StepMark.Waiting,
            UpgradeEventKind.StepFinished => StepMark.Done,
            UpgradeEventKind.StepFailed => StepMark.Failed,
            _ => null,
        };
        if (mark is { } known && e.Step is { } step)
        {
            if (e.Node is { } node && IsOfRollback(step) && rolledBack.Add(node))
            {
                Array.ForEach(Again, again => marks.Remove((node, again)));
            }

            marks[(e.Node, step)] = (known, e.At);
        }

        Upload = e.Kind == UpgradeEventKind.StepProgress && Number(e, "totalBytes") is { } total
            ? (e.Node, (long)(Number(e, "sentBytes") ?? 0), (long)total, Number(e, "bytesPerSecond") ?? 0)
            : e.Step == StepId.Upload && mark is StepMark.Done or StepMark.Failed ? null : Upload;
        Standing = e.Kind switch
        {
            UpgradeEventKind.Paused or UpgradeEventKind.NeedsHuman or UpgradeEventKind.RunEnded => e,
            UpgradeEventKind.RunStarted or UpgradeEventKind.StepStarted => null,
            _ => Standing,
        };
        StartedAt ??= e.At;
        if (e.Kind is UpgradeEventKind.StepProgress or UpgradeEventKind.Waiting)
        {
            // What is waited for stands by itself, and changes by the second.
            return;
        }

        log.Add(e);
        if (log.Count > LogLines)
        {
            log.RemoveAt(0);
        }
    }

    private bool IsOver(ExplainedStep step, DateTimeOffset at) =>
        marks.GetValueOrDefault((step.Node, step.Id)) is { Mark: StepMark.Done or StepMark.Failed } mark && mark.At > at;

    private static double? Number(UpgradeEvent e, string name) =>
        e.Values.TryGetValue(name, out string? text) && double.TryParse(text, CultureInfo.InvariantCulture, out double value) ? value : null;
}
