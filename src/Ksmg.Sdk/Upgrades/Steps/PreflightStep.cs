namespace Ksmg.Sdk.Upgrades;

/// <summary>S0: everything is healthy, and as the plan saw it.</summary>
internal sealed class PreflightStep : UpgradeStep
{
    public override Facets Facets => Facets.Preflight;

    public override StopKind OnFailure => StopKind.Pause;

    public override bool BeginsWithEffect => false;

    public override Verdict Decide(StepContext c)
    {
        if (!c.Cluster.IsComplete)
        {
            return new Verdict.Wait(Message.Of("wait.preflight"), c.ReadySince + c.Policy.StepTimeout);
        }

        List<PlanFinding> findings = [.. Preflight.Check(c.Plan, c.Cluster, check => !c.Enforces(check))];
        List<PlanFinding> refusals = [.. findings.Where(f => f.Severity == FindingSeverity.Refusal)];
        if (refusals.Count == 0)
        {
            List<Message> failed = [.. findings.Where(IsOfSelfTest).Select(f => f.Text)];
            return new Verdict.Done(
                failed.Count == 0
                    ? Message.Of("done.preflight", c.Plan.Nodes.Count)
                    : Message.Of("done.preflight-but", c.Plan.Nodes.Count, failed),
                c.Plan.Nodes.SelectMany(n => AtTheStart(c, n)).Concat(Tested(c)).ToDictionary(StringComparer.Ordinal));
        }

        // Who just does not answer may do so in a moment, and then counts among those that take mail; everything else will not heal by itself.
        DateTimeOffset until = c.ReadySince + c.Policy.StepTimeout;
        bool IsPassing(PlanFinding f) => PreflightStep.IsPassing(f) || c.Cluster.IsTestedAgain && IsOfSelfTest(f);
        PlanFinding? passing = refusals.Find(IsPassing);
        bool mayPass = passing is not null && refusals.TrueForAll(f => IsPassing(f) || f.Code == "nobody-left");
        return mayPass && c.Now < until
            ? new Verdict.Wait(passing!.Text, until)
            : new Verdict.Stop(StopKind.Pause, Message.Of("stop.preflight", refusals.Select(f => f.Text)));
    }

    private static bool IsPassing(PlanFinding finding) => finding.Code is "node-silent" or "node-odd" or "node-unread" or "balancer-silent" or "adapter-silent";

    private static bool IsOfSelfTest(PlanFinding finding) => finding.Code.StartsWith("self-test:", StringComparison.Ordinal);

    private static IEnumerable<KeyValuePair<string, string>> Tested(StepContext c) => c.Cluster.SelfTests
        .GroupBy(test => test.Port, StringComparer.Ordinal)
        .Select(port => KeyValuePair.Create(
            Marks.SelfTest + port.Key,
            string.Join('\n', port.SelectMany(test => test.Results).Select(r => $"{r.Subject}: {r.Outcome}: {r.Text}"))));

    /// <summary>How the run found a node: what it carries already is told as known, and what comes later is not.</summary>
    private static IEnumerable<KeyValuePair<string, string>> AtTheStart(StepContext c, PlannedNode node)
    {
        yield return KeyValuePair.Create(Marks.Settings + node.Name, c.Cluster[node.Name].Status?.SettingsChangedAt?.ToString("O") ?? string.Empty);
        Ailment[] problems = [.. Preflight.Fitness(node, c.Plan, c.Cluster).Where(a => a.KeepsFromBeingWell)];
        yield return KeyValuePair.Create(Marks.Before + node.Name, NodeFactsJson.Write(NodeFacts.Of(c.Cluster[node.Name], node.Build, problems)));
        if (problems.Length > 0)
        {
            yield return KeyValuePair.Create(Marks.Baseline + node.Name, string.Join('\n', problems.Select(a => a.Key).Distinct(StringComparer.Ordinal)));
        }
    }
}
