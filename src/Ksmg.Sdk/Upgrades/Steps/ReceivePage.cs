using System.Collections.Frozen;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// On whose page a node's receive switch is set. The vendor only ever uses a Control node's: the one of the node's own build, then the new
/// Control node. The node's own page comes last, and the journal says that it was used. A page that refuses the node is left for the next.
/// </summary>
internal static class ReceivePage
{
    private const string Page = "page";

    /// <summary>The effect on the next page: what it is for people, and the intent's values.</summary>
    public static Verdict.Apply Apply(StepContext c, string words, params ReadOnlySpan<(string Name, string? Value)> values)
    {
        string page = For(c);
        bool isOwn = page == c.NodeName && c.Plan.Nodes.Count > 1 && c.Seen.Role != NodeRole.Control;
        return StepContext.Apply(
            Message.Sentences(Message.Of(words, c.NodeName, page), isOwn ? Message.Of("apply.own-page", c.NodeName) : null),
            [.. values, (Page, page)]);
    }

    /// <summary>Behind the evidence of a switch that was set: on which page.</summary>
    public static Message Evidence(StepContext c, Message evidence) =>
        c.State.IsUndecided && c.State.Value(Page) is { } page ? Message.Sentences(evidence, Message.Of("seen.page", page)) : evidence;

    public static Task SetAsync(EffectContext e, bool enabled, CancellationToken cancellationToken)
    {
        string page = e.Values[Page];
        return e.World.Nodes[page].SetReceivingAsync(page == e.NodeName ? null : e.PlannedNode.ClusterAddress, enabled, cancellationToken);
    }

    private static string For(StepContext c)
    {
        List<NodeObservation> controls = [.. c.Cluster.Controls.Where(n => n.Answers)];
        IEnumerable<string> pages = controls.Where(n => n.About is not null && n.About == c.Seen.About)
            .Concat(controls.Where(n => BuildMatch.Is(n, c.Plan.To, c.Plan)))
            .OrderBy(n => n.Name == c.NodeName ? 0 : 1)
            .Select(n => n.Name)
            .Append(c.NodeName)
            .Distinct();
        return pages.FirstOrDefault(page => !c.State.RefusedPages.Contains(page)) ?? c.NodeName;
    }
}
