namespace Ksmg.Sdk.Upgrades;

/// <summary>What is different about a node at two times. What one of them did not tell is no difference.</summary>
internal static class NodeChanges
{
    public static IEnumerable<Message> Between(NodeFacts before, NodeFacts after)
    {
        (Message What, object? Before, object? After)[] facts =
        [
            (Message.Of("plan-fact.role"), before.Role, after.Role),
            (Message.Of("plan-fact.build"), before.Build, after.Build),
            (Message.Of("plan-fact.receiving"), Switch(before.Receiving), Switch(after.Receiving)),
            (Message.Of("plan-fact.sending"), Switch(before.Sending), Switch(after.Sending)),
            (Message.Of("plan-fact.load"), before.Load, after.Load),
            (Message.Of("plan-fact.mta-queue"), before.MtaQueue, after.MtaQueue),
            (Message.Of("plan-fact.kata-quarantine"), before.KataQuarantine, after.KataQuarantine),
            (Message.Of("plan-fact.anti-spam-quarantine"), before.AntiSpamQuarantine, after.AntiSpamQuarantine),
            (Message.Of("plan-fact.databases"), before.Databases, after.Databases),
        ];
        foreach ((Message what, object? then, object? now) in facts.Where(f => f.Before is not null && f.After is not null && !f.Before.Equals(f.After)))
        {
            yield return Message.Of("report.change", what, then, now);
        }

        foreach (Message problem in before.Problems.Where(p => !IsStillThere(p, before, after)))
        {
            yield return Message.Of("report.problem-gone", problem);
        }

        foreach (Message problem in after.Problems.Where(p => !IsStillThere(p, after, before)))
        {
            yield return Message.Of("report.problem-new", problem);
        }
    }

    private static Message? Switch(bool? on) => on is { } isOn ? Message.Of(isOn ? "report.on" : "report.off") : null;

    /// <summary>The same trouble may tell of another time: where it is the only one of its kind, it is the same.</summary>
    private static bool IsStillThere(Message problem, NodeFacts here, NodeFacts there) =>
        there.Problems.Contains(problem)
        || (here.Problems.Count(p => p.Key == problem.Key) == 1 && there.Problems.Count(p => p.Key == problem.Key) == 1);
}
