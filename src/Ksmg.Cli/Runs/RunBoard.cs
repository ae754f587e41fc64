using System.Globalization;

namespace Ksmg.Cli.Runs;

/// <summary>How a step stands, as the events of a run tell it.</summary>
internal enum StepMark
{
    Pending,
    Active,
    Waiting,
    Done,
    Failed,
}

/// <summary>What a person wants to know of a run at a glance: folded from its events, drawn by <see cref="LiveView"/>.</summary>
internal sealed class RunBoard(UpgradePlan plan)
{
    private const int LogLines = 100;
    private readonly Dictionary<(string? Node, StepId Step), StepMark> marks = [];
    private readonly List<UpgradeEvent> log = [];

    public UpgradePlan Plan { get; } = plan;

    public IReadOnlyList<UpgradeEvent> Log => log;

    /// <summary>When the run's story begins, in whichever process.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>What happens right now, or what is waited for.</summary>
    public UpgradeEvent? Current { get; private set; }

    /// <summary>The upload under way: bytes sent, bytes in all, bytes a second.</summary>
    public (long Sent, long Total, double Rate)? Upload { get; private set; }

    /// <summary>The last thing the command itself has to say.</summary>
    public string? Notice { get; set; }

    public StepMark this[string? node, StepId step] => marks.GetValueOrDefault((node, step));

    public void Apply(UpgradeEvent e)
    {
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
            marks[(e.Node, step)] = known;
        }

        Upload = e.Kind == UpgradeEventKind.StepProgress && Number(e, "totalBytes") is { } total
            ? ((long)(Number(e, "sentBytes") ?? 0), (long)total, Number(e, "bytesPerSecond") ?? 0)
            : e.Step == StepId.Upload && mark is StepMark.Done or StepMark.Failed ? null : Upload;
        Current = e;
        StartedAt ??= e.At;
        if (e.Kind == UpgradeEventKind.StepProgress)
        {
            return;
        }

        if (e.Kind == UpgradeEventKind.Waiting && log.LastOrDefault() is { Kind: UpgradeEventKind.Waiting } last && (last.Node, last.Step) == (e.Node, e.Step))
        {
            // What is waited for changes by the second; its newest word is enough.
            log[^1] = e;
            return;
        }

        log.Add(e);
        if (log.Count > LogLines)
        {
            log.RemoveAt(0);
        }
    }

    private static double? Number(UpgradeEvent e, string name) =>
        e.Values.TryGetValue(name, out string? text) && double.TryParse(text, CultureInfo.InvariantCulture, out double value) ? value : null;
}
