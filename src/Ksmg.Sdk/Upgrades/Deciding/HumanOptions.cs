namespace Ksmg.Sdk.Upgrades;

/// <summary>What a human can do now: every command is judged as the run would judge it, and only what it would take is offered.</summary>
internal static class HumanOptions
{
    public static IEnumerable<HumanOption> Of(DeciderInput i, Decision decision, bool isDriven)
    {
        string run = i.Plan.RunId;
        Verdict.Stop? stop = decision.Steps.Select(s => s.Verdict).OfType<Verdict.Stop>().FirstOrDefault();
        List<HumanOption?> options = [];
        if (stop is { IsGate: true })
        {
            options.Add(Offer(i, Command(i, RunCommandKind.Approve), $"ksmg approve {run}"));
        }

        if (!i.Run.IsEnded && !isDriven)
        {
            options.Add(new HumanOption($"ksmg resume {run}", Words.Get("explain.resume")));
        }

        if (i.Run.State == UpgradeEnd.Running && isDriven)
        {
            options.Add(Offer(i, Command(i, RunCommandKind.Pause), $"ksmg pause {run}"));
        }

        string? handover = i.Run.HasNotified(Decision.Handover) ? UpgradeOverrides.DemoteFormerControl : null;
        foreach (string check in new[] { stop?.Check, i.Run.StoppedByCheck, handover }.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            DateTimeOffset until = i.WallNow + TimeSpan.FromHours(1);
            options.Add(Offer(
                i,
                Command(i, RunCommandKind.Override) with { Check = check, Until = until },
                $"ksmg override {run} {check} --reason \"...\" --until {until.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"));
        }

        foreach (string node in i.Plan.Nodes.Where(n => n == i.Position.InHand || i.Run.Node(n.Name).Mark == NodeOutcome.Parked).Select(n => n.Name))
        {
            options.Add(Offer(i, Command(i, RunCommandKind.Park, node), $"ksmg park {run} {node}"));
            options.Add(Offer(i, Command(i, RunCommandKind.Skip, node), $"ksmg skip {run} {node}"));
            options.Add(Offer(i, Command(i, RunCommandKind.Rollback, node), $"ksmg rollback {run} {node}"));
        }

        if (i.Run.AbortWanted is null)
        {
            options.Add(Offer(i, Command(i, RunCommandKind.Abort), $"ksmg abort {run}"));
        }

        if (!i.Run.IsEnding)
        {
            options.Add(Offer(i, Command(i, RunCommandKind.Rollback), $"ksmg rollback {run} --all"));
        }

        return options.OfType<HumanOption>();
    }

    private static HumanOption? Offer(DeciderInput i, RunCommand command, string line) =>
        RunCommands.Judge(i.Position, command, i.WallNow) is (not null, { } answer) ? new HumanOption(line, answer) : null;

    private static RunCommand Command(DeciderInput i, RunCommandKind kind, string? node = null) =>
        new() { Id = "explain", Kind = kind, By = "?", At = i.WallNow, Node = node, PlanHash = i.Plan.Hash, Reason = "?" };
}
