using BenchmarkDotNet.Attributes;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>Planning, and deciding what comes next: pure functions, whatever the size of the cluster.</summary>
[MemoryDiagnoser]
public class DecisionBenchmarks
{
    private PlannerInput _input = null!;
    private DeciderInput _decision = null!;

    [Params(3, 30, 300)]
    public int Nodes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _input = Plans.Input(Nodes);
        UpgradePlan plan = UpgradePlanner.Plan(_input);

        // The snapshots are taken: the first node is about to be touched, and every guard looks at the whole cluster.
        RunState run = new();
        long sequence = 0;
        foreach (PlannedStep step in plan.Steps.Where(s => s.Id == StepId.Preflight || s.Id == StepId.SnapshotBefore))
        {
            run.Apply(
                new JournalRecord(
                    ++sequence,
                    Plans.Now,
                    1,
                    new JournalEntry
                    {
                        Kind = JournalEntryKind.Outcome,
                        Step = step.Key.ToString(),
                        Node = step.Node,
                        Attempt = 1,
                        Outcome = StepOutcome.Done,
                        Text = Message.Said("done"),
                    },
                    string.Empty));
        }

        _decision = new DeciderInput
        {
            Position = new Position(plan, run, Plans.Now),
            Cluster = _input.Observation,
            Now = Plans.Now,
            WallNow = Plans.Now,
            RequestLimit = TimeSpan.FromSeconds(8),
            InFlight = new HashSet<StepKey>(),
            Accepted = new HashSet<StepKey>(),
        };
        if (UpgradeDecider.Decide(_decision).Steps is not [{ Verdict: Verdict.Apply }])
        {
            throw new InvalidOperationException("The benchmark does not decide what it is meant to.");
        }
    }

    [Benchmark]
    public UpgradePlan Plan() => UpgradePlanner.Plan(_input);

    [Benchmark]
    public object Decide() => UpgradeDecider.Decide(_decision with { Position = new Position(_decision.Plan, _decision.Run, _decision.WallNow) });
}
