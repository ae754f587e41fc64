namespace Ksmg.Cli.Runs;

/// <summary>
/// When a run ends if it goes on as it did: what its finished nodes took on average, for each that is left. While nobody drove it no time
/// counts.
/// </summary>
internal sealed class EndEstimate(UpgradePlan plan)
{
    /// <summary>In the values of an event: what became of its node as a whole.</summary>
    private const string Outcome = "node";

    private readonly HashSet<string> _left =
        [.. plan.Steps.Where(step => step.Id == StepId.Gate).Select(step => step.Node).OfType<string>()];

    private readonly Dictionary<string, DateTimeOffset> _begun = new(StringComparer.Ordinal);
    private readonly List<TimeSpan> _took = [];
    private TimeSpan _stood;
    private DateTimeOffset? _last;
    private bool _isOver;

    public void Apply(UpgradeEvent e)
    {
        if (e.Kind == UpgradeEventKind.RunStarted && _last is { } last)
        {
            _stood += e.At - last;
        }

        _last = e.At;
        _isOver |= e.Kind == UpgradeEventKind.RunEnded || (e.Step is { } step && RunBoard.IsOfRollback(step));
        if (e.Node is not { } node)
        {
            return;
        }

        if (e.Kind == UpgradeEventKind.StepStarted && e.Step != StepId.SnapshotBefore)
        {
            _left.Add(node);
            _begun.TryAdd(node, e.At - _stood);
        }
        else if (e.Kind == UpgradeEventKind.StepFinished && e.Step == StepId.Gate && _left.Remove(node) && _begun.TryGetValue(node, out DateTimeOffset begun))
        {
            _took.Add(e.At - _stood - begun);
        }
        else if (Enum.TryParse(e.Values.GetValueOrDefault(Outcome), out NodeOutcome _))
        {
            _left.Remove(node);
            _begun.Remove(node);
        }
    }

    /// <summary>How long it takes from now on; <see langword="null"/>: nothing tells yet.</summary>
    public TimeSpan? Left(DateTimeOffset now)
    {
        // What is begun again after its end is a rollback.
        if (_took.Count == 0 || _isOver)
        {
            return null;
        }

        TimeSpan each = TimeSpan.FromTicks((long)_took.Average(time => time.Ticks));
        return _left.Aggregate(TimeSpan.Zero, (sum, node) => sum + Rest(node));

        TimeSpan Rest(string node)
        {
            TimeSpan rest = _begun.TryGetValue(node, out DateTimeOffset begun) ? each - (now - _stood - begun) : each;
            return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
        }
    }
}
