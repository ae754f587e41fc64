namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Explains a run: the same decision that its driver makes, put into words, and the commands it would take now. Pure.
/// </summary>
internal static class RunExplainer
{
    public static UpgradeExplanation Explain(DeciderInput i, string? holder, IReadOnlyList<RunCommand> commands)
    {
        Decision decision = Recognition.Check(i) ?? UpgradeDecider.Decide(i);
        return new UpgradeExplanation
        {
            RunId = i.Plan.RunId,
            At = i.WallNow,
            State = i.Run.State,
            Reason = ReportBuilder.Reason(i.Plan, i.Run, holder is not null),
            Since = i.Run.StateSince == default ? i.Run.ResumedAt : i.Run.StateSince,
            PlanHash = i.Plan.Hash,
            Holder = holder,
            Steps = [.. decision.Steps.Select(s => Explain(i, s))],
            Evidence = [.. i.Plan.Nodes.Select(n => Describe(i.Cluster[n.Name])), .. i.Cluster.LoadProblem is { } problem ? [Words.Get("wait.balancer-silent", problem)] : Array.Empty<string>()],
            Options = [.. Options(i, decision, holder is not null)],
            Pending = RunCommands.Pending(i.Plan, i.Run, commands, i.Now),
        };
    }

    private static ExplainedStep Explain(DeciderInput i, StepDecision decision)
    {
        PlannedStep step = decision.Step;
        StepState state = i.Run[step.Key];
        (ExplainedStepKind what, string text, DateTimeOffset? until) = decision.Verdict switch
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

    private static string Describe(NodeObservation seen) => !seen.Answers
        ? Words.Get("explain.silent", seen.Name, seen.Problem, Load(seen))
        : Words.Get(
            "explain.node",
            seen.Name,
            seen.Role?.Value ?? "?",
            seen.Build?.ToString() ?? seen.About?.Version ?? "?",
            Words.Get(seen.Switches?.Receiving switch { true => "explain.on", false => "explain.off", _ => "explain.unknown" }),
            Load(seen),
            seen.Queues is { } queues ? Words.Get("explain.queues", queues.Mta, queues.KataQuarantine, queues.AntiSpamQuarantine) : string.Empty);

    private static string Load(NodeObservation seen) =>
        seen.Load is { } load
            ? Words.Get("explain.load", load.Mode, Words.Count("count.session", load.Sessions), Words.Get(load.Healthy switch { true => "explain.healthy", false => "explain.unhealthy", _ => "explain.unknown" }))
            : string.Empty;

    /// <summary>Every command is judged as the run would judge it; only what it would take is offered.</summary>
    private static IEnumerable<HumanOption> Options(DeciderInput i, Decision decision, bool isDriven)
    {
        string run = i.Plan.RunId;
        Verdict.Stop? stop = decision.Steps.Select(s => s.Verdict).OfType<Verdict.Stop>().FirstOrDefault();
        HumanOption? Offer(RunCommand command, string line) =>
            RunCommands.Judge(i.Plan, i.Run, command, i.WallNow) is (not null, { } answer) ? new HumanOption(line, answer) : null;
        RunCommand Command(RunCommandKind kind, string? node = null) => new() { Id = "explain", Kind = kind, By = "?", At = i.WallNow, Node = node, PlanHash = i.Plan.Hash, Reason = "?" };

        List<HumanOption?> options = [];
        if (stop is { IsGate: true })
        {
            options.Add(Offer(Command(RunCommandKind.Approve), $"ksmg approve {run}"));
        }

        if (!i.Run.IsEnded && !isDriven)
        {
            options.Add(new HumanOption($"ksmg resume {run}", Words.Get("explain.resume")));
        }

        if (i.Run.State == UpgradeEnd.Running && isDriven)
        {
            options.Add(Offer(Command(RunCommandKind.Pause), $"ksmg pause {run}"));
        }

        foreach (string check in new[] { stop?.Check, i.Run.StoppedByCheck, i.Run.HasNotified("handover") ? UpgradeOverrides.DemoteFormerControl : null }.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            DateTimeOffset until = i.WallNow + TimeSpan.FromHours(1);
            options.Add(Offer(
                Command(RunCommandKind.Override) with { Check = check, Until = until },
                $"ksmg override {run} {check} --reason \"...\" --until {until.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"));
        }

        foreach (string node in i.Plan.Nodes.Where(n => n == RunGuards.InHand(i.Plan, i.Run) || i.Run.Node(n.Name).Mark == NodeOutcome.Parked).Select(n => n.Name))
        {
            options.Add(Offer(Command(RunCommandKind.Park, node), $"ksmg park {run} {node}"));
            options.Add(Offer(Command(RunCommandKind.Skip, node), $"ksmg skip {run} {node}"));
            options.Add(Offer(Command(RunCommandKind.Rollback, node), $"ksmg rollback {run} {node}"));
        }

        if (i.Run.AbortWanted is null)
        {
            options.Add(Offer(Command(RunCommandKind.Abort), $"ksmg abort {run}"));
        }

        if (!i.Run.IsEnding)
        {
            options.Add(Offer(Command(RunCommandKind.Rollback), $"ksmg rollback {run} --all"));
        }

        return options.OfType<HumanOption>();
    }
}
