namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Explains a run: the same decision that its driver makes, put into words, and the commands it would take now. Pure.
/// </summary>
internal static class RunExplainer
{
    /// <summary>How long a driver may look at its cluster, and its clock differ from ours, while what it published is still good.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromMinutes(1);

    public static UpgradeExplanation Explain(DeciderInput i, string? holder, IReadOnlyList<RunCommand> commands)
    {
        Decision decision = Recognition.Check(i) ?? UpgradeDecider.Decide(i);
        Verdict.Stop? stop = decision.Steps.Select(s => s.Verdict).OfType<Verdict.Stop>().FirstOrDefault();
        string? check = stop?.Check ?? decision.Steps.Select(s => s.Verdict).OfType<Verdict.Wait>().FirstOrDefault()?.Check;
        return Explain(i.Position, holder, commands, i.WallNow) with
        {
            Steps = [.. decision.Steps.Select(s => Explain(i, s))],
            Nodes = [.. i.Plan.Nodes.Select(n => ExplainedNode.Of(i.Cluster[n.Name]))],
            Evidence =
            [
                .. i.Plan.Nodes.Select(n => Describe(i.Cluster[n.Name])),
                .. i.Cluster.LoadProblem is { } problem ? [Message.Of("wait.balancer-silent", problem)] : Array.Empty<Message>(),
            ],
            Options = HumanOptions.Of(i.Position, i.WallNow, holder is not null, stop is { IsGate: true }, check),
        };
    }

    /// <summary>What the journal alone says; nothing is seen of the nodes.</summary>
    /// <param name="position">Where the run stands.</param>
    /// <param name="holder">Who drives it.</param>
    /// <param name="commands">What people said and nobody has answered.</param>
    /// <param name="now">What the wall clock says.</param>
    public static UpgradeExplanation Explain(Position position, string? holder, IReadOnlyList<RunCommand> commands, DateTimeOffset now)
    {
        RunState run = position.Run;
        return new UpgradeExplanation
        {
            RunId = position.Plan.RunId,
            At = now,
            State = run.State,
            Reason = ReportBuilder.Reason(position, holder is not null),
            Since = run.StandsSince,
            PlanHash = position.Plan.Hash,
            Holder = holder,
            Steps = [],
            Evidence = [],
            Options = HumanOptions.Of(position, now, holder is not null, run is { State: UpgradeEnd.Paused, StoppedAtGate: not null }, run.StoppedByCheck),
            Pending = RunCommands.Pending(position, commands, now),
        };
    }

    /// <summary>What a living driver has published, completed by what is known here; <see langword="null"/> when it is old.</summary>
    /// <param name="published">What was published.</param>
    /// <param name="position">Where the run stands.</param>
    /// <param name="holder">Who drives it.</param>
    /// <param name="commands">What people said and nobody has answered.</param>
    /// <param name="now">What the wall clock says.</param>
    public static UpgradeExplanation? Explain(
        PublishedDecision published, Position position, string holder, IReadOnlyList<RunCommand> commands, DateTimeOffset now)
    {
        TimeSpan longest = position.Plan.Policy.SlowPollInterval + LongestLook;
        return published.Sequence == position.Run.LastSequence && (now - published.Explanation.At).Duration() <= longest
            ? published.Explanation with { Holder = holder, Pending = RunCommands.Pending(position, commands, now) }
            : null;
    }

    private static ExplainedStep Explain(DeciderInput i, StepDecision decision)
    {
        PlannedStep step = decision.Step;
        StepState state = i.Run[step.Key];
        (ExplainedStepKind what, Message text, DateTimeOffset? until) = decision.Verdict switch
        {
            Verdict.Done done => (ExplainedStepKind.Done, done.Evidence, null),
            Verdict.Apply apply => (ExplainedStepKind.Next, apply.Reason, null),
            Verdict.NotInEffect not => (ExplainedStepKind.Next, not.Evidence, null),
            Verdict.Wait wait => (ExplainedStepKind.Waiting, wait.Reason, wait.Until),
            Verdict.Stop stop => (ExplainedStepKind.Stops, stop.Reason, null),
            Verdict.Reached reached => (ExplainedStepKind.Done, reached.Evidence, (DateTimeOffset?)null),
            _ => throw new InvalidOperationException($"The verdict {decision.Verdict} has no words."),
        };
        DateTimeOffset since = state.IsUndecided ? state.IntentAt : step.After.Select(k => i.Run[k].OutcomeAt).Append(i.Run.ResumedAt).Max();
        return new ExplainedStep(step.Id, step.Name, step.Node, what, text, since, until);
    }

    private static Message Describe(NodeObservation seen) => !seen.Answers
        ? Message.Of("explain.silent", seen.Name, seen.Problem, Load(seen))
        : Message.Of(
            "explain.node",
            seen.Name,
            seen.Role?.Value ?? "?",
            seen.Build?.ToString() ?? seen.About?.Version ?? "?",
            Message.Of(Key(seen.Switches?.Receiving, "explain.on", "explain.off")),
            Load(seen),
            seen.Queues is { } queues ? Message.Of("explain.queues", queues.Mta, queues.KataQuarantine, queues.AntiSpamQuarantine) : null);

    private static Message? Load(NodeObservation seen)
    {
        if (seen.Load is not { } load)
        {
            return null;
        }

        Message health = Message.Of(Key(load.Healthy, "explain.healthy", "explain.unhealthy"));
        return Message.Of("explain.load", load.Mode, Message.Of("count.session", load.Sessions), health);
    }

    private static string Key(bool? known, string yes, string no) => known switch
    {
        true => yes,
        false => no,
        _ => "explain.unknown",
    };
}
