using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The only place where the next actions of a run are chosen: a pure function. "What is next" and "what now, after a crash" are the
/// same question here.
/// </summary>
internal static class UpgradeDecider
{
    public static Decision Decide(DeciderInput i)
    {
        Decision decision = Choose(i);
        return TrustsCertificate(i, decision.Steps) is { } told ? decision with { Notice = told } : decision;
    }

    private static Decision Choose(DeciderInput i)
    {
        if (i.Run.IsEnded)
        {
            return new Decision([]);
        }

        if (Unfenced(i) is { } unfenced)
        {
            return new Decision(OneTouchAtATime(i, [.. ForgottenDrain(i), .. DrainsAnew(i, unfenced.Step), unfenced]));
        }

        if (i.Position.Diverted is { } diverted)
        {
            return Detours.Decide(i, diverted);
        }

        if (HandsOver(i) is { } handsOver)
        {
            return handsOver;
        }

        IReadOnlyList<PlannedStep> ready = i.Position.Ready;
        if (i.Run.IsEnding)
        {
            ready = [.. ready.Where(s => s.Node is not null && s.Node == i.Position.InHand?.Name)];
            if (ComeToAnEnd(i, ready) is { } end)
            {
                return end;
            }
        }

        if (ready.Count == 0)
        {
            return EndOfPlan(i);
        }

        if (RunGuards.Check(i, ready) is { } stop)
        {
            return new Decision([stop]) { Notice = ClosedWindow(i, ready, stop) ?? ClosedGate(i, stop) };
        }

        List<StepDecision> decisions = [.. ForgottenDrain(i), .. ready.Select(s => new StepDecision(s, WithGates(i, s, StepJudge.Judge(i, s))))];
        return new Decision(OneTouchAtATime(i, decisions)) { Notice = LongHandover(i) };
    }

    /// <summary>
    /// An upload or an installation of a former driver whose request may still arrive, whether that driver lived to write down that it does
    /// not know or not: fence first, then observe, then act. A node that is on its way out of work need not wait for it, and a revert
    /// fences by itself.
    /// </summary>
    private static StepDecision? Unfenced(DeciderInput i)
    {
        PlannedStep? step = !i.Enforces(Checks.LateStart) ? null : i.Plan.Steps.FirstOrDefault(s => UploadStep.IsFenceable(i.Plan, s)
            && i.Run[s.Key] is { IsUndecided: true, IsFenced: false, HasArrived: false } state && state.Epoch < i.Run.Epoch
            && i.Run.Node(s.Node!) is { Mark: null } node && (node.Goal == NodeGoal.Upgrade || node.Goal == NodeGoal.PutBack && s.Id == StepId.Install));
        return step is null ? null : new StepDecision(step, StepJudge.Fence(i, step));
    }

    /// <summary>
    /// A handover of the Control role that was begun is brought to its end first: nothing stops between its two calls. Only who ends the run does
    /// not wait for a node that cannot be asked.
    /// </summary>
    private static Decision? HandsOver(DeciderInput i)
    {
        if (i.Plan.StepsOf(StepId.HandOver).FirstOrDefault(s => HandOverStep.IsUnderWay(i.Run[s.Key])) is not { } step)
        {
            return null;
        }

        Verdict verdict = StepJudge.Judge(i, step);
        return verdict is Verdict.Stop && i.Run.IsEnding ? null : new Decision([new StepDecision(step, verdict)]);
    }

    /// <summary>An aborted run, or one that goes back, finishes or puts back the node in hand; then the nodes to go back do so, the last one first.</summary>
    private static Decision? ComeToAnEnd(DeciderInput i, IReadOnlyList<PlannedStep> ready)
    {
        PlannedNode? back = i.Plan.Nodes.LastOrDefault(n => i.Run.IsToBeRolledBack(n.Name));
        if (i.Position.InHand is { } inHand && !i.Run.IsToBeRolledBack(inHand.Name))
        {
            if (i.Position.IsBeforeInstall(inHand.Name))
            {
                return Stop(i, inHand, StopKind.PutBack, Message.Of("stop.ending", inHand.Name, i.Run.AbortWanted ?? Message.Of("stop.rolling-back")));
            }

            return ready.Count > 0 ? null : EndOf(i);
        }

        if (back is null)
        {
            return EndOf(i);
        }

        return RunGuards.Budget(i, back) is { } budget
            ? new Decision([new StepDecision(i.Plan.StepsOf(back.Name)[0], budget)])
            : Stop(i, back, StopKind.RollBack, Message.Of("stop.roll-back", back.Name));
    }

    private static Decision Stop(DeciderInput i, PlannedNode node, StopKind kind, Message reason) =>
        new([new StepDecision(i.Plan.StepsOf(node.Name)[0], new Verdict.Stop(kind, reason))]);

    private static Decision EndOf(DeciderInput i)
    {
        if (i.Plan.Steps.All(s => i.Run.IsSettled(s.Key)) && !i.Plan.Nodes.Any(n => i.Run.Node(n.Name).Mark == NodeOutcome.RolledBack))
        {
            // Nothing was left to abort.
            return EndOfPlan(i);
        }

        if (HooksAtTheEnd(i) is { } hooks)
        {
            return new Decision([hooks]);
        }

        string nodes = string.Join(", ", i.Plan.Nodes.Select(n => Told(i.Cluster[n.Name], i.Run.Node(n.Name).Mark)));
        return i.Run.AbortWanted is { } wish
            ? Decision.Over(UpgradeEnd.Aborted, Message.Of("ended.Aborted", wish, nodes))
            : Decision.Over(UpgradeEnd.RolledBack, Message.Of("ended.RolledBack", nodes));
    }

    /// <summary>What was opened by hooks is closed by hooks, however the run ends: after those that still run have come to their end.</summary>
    private static StepDecision? HooksAtTheEnd(DeciderInput i)
    {
        if (i.Plan.StepsOf(StepId.HooksAfterRun) is not [var step, ..]
            || i.Run.IsSettled(step.Key) || !i.Run[new StepKey(StepId.Preflight)].IsSettled)
        {
            return null;
        }

        PlannedStep next = i.Plan.Steps.FirstOrDefault(s => s.Id.IsHooks() && i.InFlight.Contains(s.Key)) ?? step;
        return new StepDecision(next, StepJudge.Judge(i, next));
    }

    private static string Told(NodeObservation seen, NodeOutcome? mark) =>
        $"{seen.Name} {seen.Build?.ToString() ?? seen.About?.Version ?? "?"} ({mark?.ToString() ?? seen.Role?.Value ?? "?"})";

    private static Decision EndOfPlan(DeciderInput i)
    {
        List<string> left =
        [
            .. i.Plan.Nodes
                .Where(n => i.Run.Node(n.Name).Mark is NodeOutcome.Parked or NodeOutcome.Skipped)
                .Select(n => $"{n.Name} ({i.Run.Node(n.Name).Mark})"),
        ];
        Message? known = i.Run.KnownProblems.Count == 0 ? null : Message.Of("ended.known", Told(i.Run.KnownProblems));
        Message? problems = i.Run.Problems.Count == 0 ? null : Message.Of("ended.problems", Told(i.Run.Problems));
        UpgradeEnd end = (left.Count, i.Run.Problems.Count) switch
        {
            ( > 0, _) => UpgradeEnd.CompletedWithExceptions,
            (_, > 0) => UpgradeEnd.CompletedWithProblems,
            _ => UpgradeEnd.Completed,
        };
        Message how = Message.Of($"ended.{end}", i.Plan.Nodes.Count, i.Plan.To, string.Join(", ", left));
        return Decision.Over(end, Message.Sentences(how, problems, known));
    }

    private static IEnumerable<Message> Told(IReadOnlyDictionary<string, string> problems) =>
        problems.SelectMany(p => MessageLines.Read(p.Value).Select(text => PlanFinding.About(p.Key, text)));

    /// <summary>A certificate that is about to be trusted: people are told before, and the key keeps its fingerprint.</summary>
    private static (string, Message)? TrustsCertificate(DeciderInput i, IEnumerable<StepDecision> decisions) =>
        decisions.FirstOrDefault(d => d.Verdict is Verdict.Wait { Reason.Key: NewCertificate.Reason })?.Step.Node is { } node
        && i.Run.CertificateOf(node) is null && i.Cluster[node].OtherFingerprint is { } shown
            ? ($"{Marks.Certificate}{node}/{shown}", Message.Of("notice.new-certificate", node, shown, UpgradeConsents.NewCertificate))
            : null;

    /// <summary>Two Control nodes for a long time: people are told once, nothing is forced.</summary>
    private static (string, Message)? LongHandover(DeciderInput i)
    {
        TimeSpan limit = i.Plan.Policy.HandoverLimit;
        return i.Position.HandoverSince is { } opened && i.Now - opened > limit && !i.Run.HasNotified(Decision.Handover)
            ? (Decision.Handover, Message.Of("notice.handover", limit, i.Plan.Nodes.First(n => n.FormerControl).Name, UpgradeOverrides.DemoteFormerControl))
            : null;
    }

    /// <summary>A run that waits for its window says so once, and what would stop it then a while before that opens.</summary>
    private static (string, Message)? ClosedWindow(DeciderInput i, IReadOnlyList<PlannedStep> ready, StepDecision stop)
    {
        if (stop.Verdict is not Verdict.Wait { Check: Checks.MaintenanceWindow } wait || RunGuards.NextToBegin(i, ready) is not { } node)
        {
            return null;
        }

        DateTimeOffset opens = i.WallNow + (wait.Until - i.Now);
        string key = opens.UtcDateTime.ToString("s", CultureInfo.InvariantCulture);
        if (!i.Run.HasNotified(Decision.Window + key))
        {
            return (Decision.Window + key, Message.Of("wait.window", node, opens));
        }

        return opens - i.WallNow <= i.Plan.Policy.LookAhead && !i.Run.HasNotified(Decision.Ahead + key)
            ? (Decision.Ahead + key, RunGuards.Ahead(i, node) is { } problem
                ? Message.Of("notice.window-problem", opens, problem)
                : Message.Of("notice.window-well", opens, node))
            : null;
    }

    /// <summary>A run that waits for an external gate says so once for each node.</summary>
    private static (string, Message)? ClosedGate(DeciderInput i, StepDecision stop) =>
        stop is { Verdict: Verdict.Wait { Check: Checks.ExternalGate } wait, Step.Node: { } node } && !i.Run.HasNotified(Decision.Gate + node)
            ? (Decision.Gate + node, wait.Reason)
            : null;

    /// <summary>What the external gates said stands in the intent of the first thing that is done to a node.</summary>
    private static Verdict WithGates(DeciderInput i, PlannedStep step, Verdict verdict)
    {
        if (verdict is not Verdict.Apply apply || i.Cluster.Gates.Count == 0 || i.Position.InHand is not null || !Position.IsBeginning(step))
        {
            return verdict;
        }

        Dictionary<string, string> values = new(apply.Values, StringComparer.Ordinal);
        foreach (GateReading gate in i.Cluster.Gates)
        {
            values[Marks.ExternalGate + gate.Name] = gate.InWords.English;
        }

        return apply with { Values = values };
    }

    /// <summary>
    /// A load balancer that is reloaded forgets who was drained. As long as a node is in hand, its drain is looked at again and again. One that takes
    /// mail while another one is out of work was put back by somebody, such as a run whose end a restored backup does not know.
    /// </summary>
    private static IEnumerable<StepDecision> ForgottenDrain(DeciderInput i)
    {
        if (!i.Enforces(Checks.ForgottenDrain) || i.Position.InHand is not { } node || i.Cluster[node.Name].Load is not { Mode: LoadMode.Ready }
            || RunGuards.Budget(i, node) is not null)
        {
            yield break;
        }

        IReadOnlyList<PlannedStep> steps = i.Plan.StepsOf(node.Name);
        PlannedStep? off = steps.FirstOrDefault(s => s.Id == StepId.LoadOff);
        bool returns = steps.Any(s => s.Id == StepId.LoadOn && (i.Position.IsReached(s) || i.Run[s.Key].Status != StepStatus.NotBegun));
        if (off is not null && !returns && i.Run[off.Key].Status == StepStatus.Done)
        {
            yield return new StepDecision(off, new Verdict.NotInEffect(Message.Of("seen.drain-forgotten", node.Name)));
        }
    }

    /// <summary>A drain that was forgotten while the node is fenced is repeated at once: what may still begin must not meet a node in load.</summary>
    private static IEnumerable<StepDecision> DrainsAnew(DeciderInput i, PlannedStep unfenced) => i.Plan.StepsOf(unfenced.Node!)
        .Where(s => s.Id == StepId.LoadOff && i.Run[s.Key] is { Attempt: > 0, IsSettled: false })
        .Select(s => new StepDecision(s, StepJudge.Judge(i, s)));

    private static List<StepDecision> OneTouchAtATime(DeciderInput i, List<StepDecision> decisions)
    {
        bool touching = i.InFlight.Any(k => Procedure.Of(k.Id).TouchesNode);
        List<StepDecision> kept = [];
        foreach (StepDecision decision in decisions)
        {
            if (decision.Verdict is Verdict.Apply && Procedure.Of(decision.Step.Id).TouchesNode)
            {
                if (touching && i.Enforces(Checks.OneTouch))
                {
                    continue;
                }

                touching = true;
            }

            kept.Add(decision);
        }

        return kept;
    }
}
