namespace Ksmg.Sdk.Upgrades;

/// <summary>S17: every node runs the new build and does its work, and exactly one of them is Control.</summary>
internal sealed class CommitStep : UpgradeStep
{
    public override Facets Facets => Facets.Basic | Facets.NodeList | Facets.Arrivals;

    public override StopKind OnFailure => StopKind.Human;

    public override bool BeginsWithEffect => false;

    public override Verdict Decide(StepContext c)
    {
        Dictionary<string, List<Ailment>> problems = c.Plan.Nodes
            .Where(n => !c.Run.Node(n.Name).LeftOut)
            .ToDictionary(n => n.Name, n => FinishedNode.Problems(n, c.Plan, c.Run, c.Cluster), StringComparer.Ordinal);
        List<string> controls = [.. c.Cluster.Controls.Select(n => n.Name)];
        Message? unfinished = problems
            .Where(p => !c.Cluster[p.Key].Answers || !BuildMatch.Is(c.Cluster[p.Key], c.Plan.To, c.Plan))
            .Select(p => NodeHealth.Text(p.Key, p.Value))
            .FirstOrDefault() ?? (controls.Count switch
            {
                0 => Message.Of("finished.no-control"),
                1 => null,
                _ => Message.Of("finished.controls", string.Join(", ", controls)),
            });
        DateTimeOffset until = c.ReadySince + c.Policy.StepTimeout;
        if (unfinished is not null)
        {
            return c.Now > until ? new Verdict.Stop(StopKind.Human, unfinished) : new Verdict.Wait(unfinished, until);
        }

        List<KeyValuePair<string, Ailment>> all = [.. problems.SelectMany(p => p.Value.Select(a => KeyValuePair.Create(p.Key, a)))];
        List<KeyValuePair<string, Ailment>> fresh = [.. all.Where(p => !c.Run.WasSoAtTheStart(p.Key, p.Value.Key))];
        List<Ailment> mayPass = [.. fresh.Select(p => p.Value).Where(a => !Preflight.Accepts(a, c.Plan, c.Enforces))];
        until = c.ReadySince + mayPass.Select(a => a.Patience(c.Policy)).DefaultIfEmpty(TimeSpan.Zero).Max();
        if (mayPass.Count > 0 && c.Now <= until)
        {
            return new Verdict.Wait(
                Message.Sentences(fresh.GroupBy(p => p.Key, p => p.Value, StringComparer.Ordinal).Select(g => NodeHealth.Text(g.Key, g))), until);
        }

        return new Verdict.Done(
            Message.Of(fresh.Count == 0 ? "done.commit" : "done.commit-problems", c.Plan.Nodes.Count, c.Plan.To, controls[0]),
            Values(fresh, Marks.Problems)
                .Concat(Values(all.Except(fresh), Marks.KnownProblems))
                .Concat(AtTheEnd(c, problems))
                .ToDictionary(StringComparer.Ordinal));
    }

    /// <summary>How the run leaves the nodes, to be held against how it found them.</summary>
    private static IEnumerable<KeyValuePair<string, string>> AtTheEnd(StepContext c, Dictionary<string, List<Ailment>> problems) => c.Plan.Nodes
        .Where(n => c.Cluster[n.Name].Answers)
        .Select(n => KeyValuePair.Create(
            Marks.After + n.Name,
            NodeFactsJson.Write(NodeFacts.Of(c.Cluster[n.Name], BuildOf(c, n), problems.GetValueOrDefault(n.Name, [])))));

    private static BuildNumber? BuildOf(StepContext c, PlannedNode node) => BuildMatch.Is(c.Cluster[node.Name], c.Plan.To, c.Plan)
        ? c.Plan.To
        : BuildMatch.Resolve(c.Cluster[node.Name].About, c.Cluster[node.Name].Evidence, c.Plan.Packages);

    private static IEnumerable<KeyValuePair<string, string>> Values(IEnumerable<KeyValuePair<string, Ailment>> problems, string mark) => problems
        .GroupBy(p => p.Key, p => p.Value.Text, StringComparer.Ordinal)
        .Select(g => KeyValuePair.Create(mark + g.Key, MessageLines.Write(g)));
}
