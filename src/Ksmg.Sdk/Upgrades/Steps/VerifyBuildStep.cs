namespace Ksmg.Sdk.Upgrades;

/// <summary>S10: the node runs the new build, read twice apart, and what runs on it is well.</summary>
internal sealed class VerifyBuildStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic;

    public override StopKind OnFailure => StopKind.Park;

    public override bool BeginsWithEffect => false;

    public override Verdict Decide(StepContext c)
    {
        DateTimeOffset until = c.ReadySince + c.Step.Timeout;
        // Evidence may be late or forged: it can make us wait, and never condemns a node that is well.
        BuildEvidence? evidence = c.Seen.FreshEvidence;
        List<Ailment> ailments = c.Seen.Answers ? FinishedNode.OfProduct(c.NodeName, c.Seen.Status!, c.Plan, c.Run, c.Enforces) : [];
        Message? problem = Problem(c, ailments, c.Now <= until ? evidence : null);
        bool steady = c.Seen.SteadySince is { } since && c.Now - since >= c.Policy.StabilityInterval;
        if (problem is null && steady)
        {
            string build = c.Seen.Build?.ToString() ?? c.Seen.About!.Version;
            return new Verdict.Done(Message.Of("done.verify", c.NodeName, build), new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["build"] = c.Package.To.ToString(),
                ["role"] = c.Seen.Role?.Value ?? string.Empty,
                ["evidence"] = evidence is null ? string.Empty : $"{evidence.Source}: {evidence.Build}",
                [Marks.Settings + c.NodeName] = c.Seen.Status?.SettingsChangedAt?.ToString("O") ?? string.Empty,
            });
        }

        // An update leaves databases behind for a while, until the node has fetched new ones.
        TimeSpan patience = ailments.Count > 0 ? ailments.Min(a => a.Patience(c.Policy)) : c.Step.Timeout;
        return c.Now > c.ReadySince + patience
            ? new Verdict.Stop(StopKind.Park, Message.Of("stop.verify", c.NodeName, patience, problem))
            : new Verdict.Wait(problem ?? Message.Of("wait.verify", c.NodeName), c.ReadySince + patience);
    }

    private static Message? Problem(StepContext c, List<Ailment> ailments, BuildEvidence? evidence)
    {
        if (!c.Seen.Answers)
        {
            return Message.Of("wait.silent", c.NodeName, c.Seen.Problem);
        }

        if (!BuildMatch.Is(c.Seen, c.Package.To, c.Plan) && c.Enforces(Checks.VerifiedBuild))
        {
            return Message.Of("hinder.build", c.NodeName, c.Seen.About?.Version, c.Package.To);
        }

        if (ailments.Count > 0)
        {
            return NodeHealth.Text(c.NodeName, ailments);
        }

        if (evidence is not null && evidence.Build != c.Package.To)
        {
            return Message.Of("hinder.evidence", c.NodeName, evidence.Source, evidence.Build);
        }

        string? priorRole = c.Other(StepId.Install, c.Step.Package).Value(Marks.Prior + "role");
        return priorRole is not null && c.Seen.Role?.Value != priorRole ? Message.Of("hinder.role", c.NodeName, c.Seen.Role, priorRole) : null;
    }
}
