namespace Ksmg.Sdk.Upgrades;

/// <summary>What a human can do now. Every command is judged as the run would judge it; only what it would take is offered. Pure.</summary>
internal static class HumanOptions
{
    /// <param name="position">Where the run stands.</param>
    /// <param name="now">What the wall clock says.</param>
    /// <param name="isDriven">Whether a process drives the run.</param>
    /// <param name="isAtGate">Whether it waits for an approval.</param>
    /// <param name="check">The check that stops it.</param>
    public static IReadOnlyList<HumanOption> Of(Position position, DateTimeOffset now, bool isDriven, bool isAtGate, string? check)
    {
        RunState run = position.Run;
        List<HumanOption> options = [];
        if (isAtGate)
        {
            Offer(HumanOptionKind.Approve, Command(RunCommandKind.Approve));
        }

        if (!run.IsEnded && !isDriven)
        {
            options.Add(new HumanOption(HumanOptionKind.Continue, Message.Of("explain.resume")));
        }

        if (run.State == UpgradeEnd.Running && isDriven)
        {
            Offer(HumanOptionKind.Pause, Command(RunCommandKind.Pause));
        }

        string? handover = run.HasNotified(Decision.Handover) ? UpgradeOverrides.DemoteFormerControl : null;
        foreach (string name in new[] { check, run.StoppedByCheck, handover }.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            Offer(HumanOptionKind.Override, Command(RunCommandKind.Override) with { Check = name, Until = now + TimeSpan.FromHours(1) });
        }

        foreach (string node in position.Plan.Nodes.Where(n => n == position.InHand || run.Node(n.Name).Mark == NodeOutcome.Parked || IsHeldByHook(n))
            .Select(n => n.Name))
        {
            Offer(HumanOptionKind.Park, Command(RunCommandKind.Park) with { Node = node });
            Offer(HumanOptionKind.Skip, Command(RunCommandKind.Skip) with { Node = node });
            Offer(HumanOptionKind.Rollback, Command(RunCommandKind.Rollback) with { Node = node });
        }

        if (run.AbortWanted is null)
        {
            Offer(HumanOptionKind.Abort, Command(RunCommandKind.Abort));
        }

        if (!run.IsEnding)
        {
            Offer(HumanOptionKind.Rollback, Command(RunCommandKind.Rollback));
        }

        return options;

        RunCommand Command(RunCommandKind kind) => new() { Id = "explain", Kind = kind, By = "?", At = now, PlanHash = position.Plan.Hash, Reason = "?" };

        bool IsHeldByHook(PlannedNode node) => run[new StepKey(StepId.HooksBeforeNode, node.Name)].Status == StepStatus.FailedNoEffect;

        void Offer(HumanOptionKind kind, RunCommand command)
        {
            if (RunCommands.Judge(position, command, now) is (not null, { } answer))
            {
                options.Add(new HumanOption(kind, answer, command.Node, command.Check, command.Until));
            }
        }
    }
}
