using System.Collections.Immutable;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support.Exploration;

/// <summary>What became of a call, as far as its driver can know.</summary>
internal enum Answer
{
    None,
    Accepted,

    /// <summary>Refused, or the node could not be connected: it had no effect.</summary>
    Refused,

    /// <summary>The connection broke: nobody knows.</summary>
    Lost,
}

internal sealed record SmallCall(SmallRequest Request, Answer Answer);

/// <summary>A request whose driver is gone or has given it up.</summary>
/// <param name="Request">What arrives.</param>
/// <param name="IsUnbounded">Whether it may arrive at any later time, and not only within the limit of a call.</param>
/// <param name="IsFenced">Whether it was fenced since.</param>
internal sealed record LateRequest(SmallRequest Request, bool IsUnbounded, bool IsFenced);

/// <summary>What a driver has in its head and on the wire.</summary>
/// <param name="Calls">Its calls.</param>
/// <param name="Accepted">The steps whose last call was accepted.</param>
/// <param name="Busy">A bit for each node that it saw installing since its last installation was begun.</param>
/// <param name="Acts">What it decided and has not done yet.</param>
internal sealed record Driver(ImmutableArray<SmallCall> Calls, ImmutableHashSet<StepKey> Accepted, int Busy, ImmutableArray<SmallAct> Acts)
{
    public static Driver None { get; } = new([], [], -1, []);

    public string Key =>
        $"{string.Join(';', Calls)}|{string.Join(';', Accepted.Select(a => a.ToString()).Order(StringComparer.Ordinal))}|{Busy}|{string.Join(';', Acts)}";
}

/// <summary>An atomic act of a driver.</summary>
internal abstract record SmallAct
{
    public sealed record Append(JournalEntry Entry) : SmallAct
    {
        public override string ToString() => SmallJournal.KeyOf(Entry);
    }

    /// <summary>Appends the intent; the call is on its way from there.</summary>
    public sealed record Begin(PlannedStep Step, IReadOnlyDictionary<string, string> Values) : SmallAct
    {
        public override string ToString() => $"begin {Step.Key} {string.Join(',', Values)}";
    }

    /// <summary>Waits for a step's call, or for all.</summary>
    public sealed record Await(StepKey? Step) : SmallAct
    {
        public bool Covers(SmallCall call) => Step is null || call.Request.Step.Key == Step;

        public override string ToString() => $"await {Step}";
    }

    public sealed record Fence(PlannedStep Step) : SmallAct
    {
        public override string ToString() => $"fence {Step.Key}";
    }

    public sealed record Outwait(PlannedStep Step) : SmallAct
    {
        public override string ToString() => $"outwait {Step.Key}";
    }

    public sealed record Leave : SmallAct
    {
        public override string ToString() => "leave";
    }
}

/// <summary>What the driver does with a decision, in its order: as <see cref="UpgradeDriver"/> does, whose impure rest this stands for.</summary>
internal static class SmallActs
{
    public static IEnumerable<SmallAct> Of(Decision decision, Driver driver)
    {
        if (decision.End is { } end)
        {
            yield return new SmallAct.Await(null);
            yield return new SmallAct.Append(new JournalEntry { Kind = JournalEntryKind.RunEnded, Values = Value(Marks.End, end.End.ToString()) });
            yield return new SmallAct.Leave();
            yield break;
        }

        foreach ((PlannedStep step, Verdict verdict) in decision.Steps)
        {
            switch (verdict)
            {
                case Verdict.Done done:
                    if (driver.Calls.Any(c => c.Request.Step.Key == step.Key))
                    {
                        yield return new SmallAct.Await(step.Key);
                    }

                    yield return new SmallAct.Append(Outcome(step, StepOutcome.Done, done.Values));
                    break;
                case Verdict.NotInEffect not:
                    yield return new SmallAct.Append(Outcome(step, StepOutcome.FailedNoEffect, not.Values));
                    break;
                case Verdict.Apply apply:
                    yield return new SmallAct.Begin(step, apply.Values);
                    break;
                case Verdict.Wait { Fences: true }:
                    yield return new SmallAct.Fence(step);
                    break;
                default:
                    break;
            }
        }

        foreach (SmallAct act in Stop(decision))
        {
            yield return act;
        }
    }

    public static JournalEntry Intent(PlannedStep step, int attempt, IReadOnlyDictionary<string, string> values) => new()
    {
        Kind = JournalEntryKind.Intent,
        Step = step.Key.ToString(),
        Node = step.Node,
        Attempt = attempt,
        Deadline = SmallJournal.Start + step.Timeout,
        Values = values,
    };

    /// <summary>The id that the answer to an upload told: where nobody can ask for it later, it is written down at once.</summary>
    public static JournalEntry Told(SmallRequest upload) => new()
    {
        Kind = JournalEntryKind.Observation,
        Node = upload.Step.Node,
        Values = Value(Marks.Kept + upload.Upload, UploadIds.Write(upload.Upload!).ToJsonString()),
    };

    public static JournalEntry Outcome(PlannedStep step, StepOutcome outcome, IReadOnlyDictionary<string, string>? values) => new()
    {
        Kind = JournalEntryKind.Outcome,
        Step = step.Key.ToString(),
        Node = step.Node,
        Outcome = outcome,
        Values = values,
    };

    public static JournalEntry State(UpgradeEnd state) => new() { Kind = JournalEntryKind.State, Values = Value(Marks.State, state.ToString()) };

    private static IEnumerable<SmallAct> Stop(Decision decision)
    {
        if (decision.Steps.FirstOrDefault(s => s.Verdict is Verdict.Stop or Verdict.Reached) is not { } final)
        {
            yield break;
        }

        yield return new SmallAct.Await(null);
        if (final.Verdict is Verdict.Reached reached)
        {
            if (reached.Halt is { } halt)
            {
                yield return new SmallAct.Append(State(halt));
            }

            yield return new SmallAct.Append(Mark(final.Step.Node!, reached.Mark.ToString()));
            if (reached.Halt is not null)
            {
                yield return new SmallAct.Leave();
            }

            yield break;
        }

        Verdict.Stop stop = (Verdict.Stop)final.Verdict;
        if (stop.ProvenNoEffect)
        {
            yield return new SmallAct.Append(Outcome(final.Step, StepOutcome.FailedNoEffect, null));
        }

        string? mark = stop.Kind switch
        {
            StopKind.Park => Marks.Parking,
            StopKind.PutBack => Marks.PuttingBack,
            _ => null,
        };
        if (mark is not null && final.Step.Node is { } node)
        {
            yield return new SmallAct.Append(Mark(node, mark));
            yield break;
        }

        yield return new SmallAct.Append(State(stop.Kind == StopKind.Human ? UpgradeEnd.NeedsHuman : UpgradeEnd.Paused));
        yield return new SmallAct.Leave();
    }

    private static JournalEntry Mark(string node, string mark) =>
        new() { Kind = JournalEntryKind.Outcome, Step = Marks.NodePrefix + node, Node = node, Values = Value(Marks.Node, mark) };

    private static Dictionary<string, string> Value(string name, string value) => new(StringComparer.Ordinal) { [name] = value };
}
