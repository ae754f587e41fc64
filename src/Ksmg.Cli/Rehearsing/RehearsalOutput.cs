using System.Globalization;
using System.Text.Json.Nodes;
using Ksmg.Simulator;

namespace Ksmg.Cli.Rehearsing;

/// <summary>What a person, or a program, is told of rehearsals.</summary>
internal sealed class RehearsalOutput(UpgradePlan plan, UpgradeRehearsal rehearsal, RehearsalOptions given, Output output)
{
    public void Write(Rehearsals rehearsals)
    {
        if (output.IsJson)
        {
            output.Json(new
            {
                plan = JsonNode.Parse(plan.ToJson()),
                undisturbed = ToJson(rehearsals.Undisturbed),
                oneFault = rehearsals.WithOneFault.Select(ToJson),
                seed = rehearsals.Seed,
                atRandom = rehearsals.AtRandom.Select(ToJson),
            });
            return;
        }

        SayGiven();
        SayUndisturbed(rehearsals.Undisturbed);
        SayWithOneFault(rehearsals.WithOneFault);
        SayAtRandom(rehearsals);
        foreach (RehearsedRun run in rehearsals.All.Where(Rehearsals.IsBroken))
        {
            string faults = run.Faults.Count > 0 ? string.Join(", ", run.Faults) : Words.Get("rehearse.nothing");
            output.Complain(Words.Get("rehearse.broken", faults, string.Join("; ", Broken(run))));
        }
    }

    private static IEnumerable<string> Broken(RehearsedRun run) =>
        [.. run.Violations.Select(v => v.Text), .. run.Mail.Lost, .. run.Mail.Duplicated];

    /// <summary>The step and its node.</summary>
    private static string Where(RehearsedRun run) => run.Step is { } step ? $"{step} {run.Node}".TrimEnd() : "–";

    private static object ToJson(RehearsedRun run) => new
    {
        faults = run.Faults,
        end = run.End,
        seconds = Math.Round(run.Took.TotalSeconds, 1),
        approvals = run.Approvals.Select(question => question.ToString(CultureInfo.InvariantCulture)),
        reason = run.Reason.ToString(CultureInfo.InvariantCulture),
        step = run.Step?.ToString(),
        node = run.Node,
        options = run.Options.Select(o => new { kind = o.Kind, node = o.Node, check = o.Check }),
        outOfServiceSeconds = run.OutOfService.ToDictionary(node => node.Key, node => Math.Round(node.Value.TotalSeconds, 1)),
        mail = new
        {
            accepted = run.Mail.Accepted,
            delivered = run.Mail.Delivered,
            lost = run.Mail.Lost,
            duplicated = run.Mail.Duplicated,
            longestGapMs = run.Mail.LongestGapMs,
        },
        violations = run.Violations,
    };

    private void SayGiven()
    {
        output.Say(Words.Get(
            "rehearse.head",
            plan.Cluster,
            plan.From,
            plan.To,
            Words.Count("doctor.nodes", plan.Nodes.Count),
            Units.Duration(given.InstallTime),
            Units.Duration(given.RestartTime),
            Units.Duration(given.SnapshotTime),
            Units.Bytes(given.UploadBytesPerSecond)));
        output.Say(Words.Get("rehearse.not-copied"));
        foreach ((string node, int count) in given.StuckMessages.Where(stuck => stuck.Value > 0))
        {
            output.Say(Words.Get("rehearse.stuck", node, Words.Count("doctor.messages", count), Units.Duration(plan.Policy.DrainTimeout)));
        }
    }

    private void SayUndisturbed(RehearsedRun run)
    {
        output.Say();
        TimeSpan gap = TimeSpan.FromMilliseconds(run.Mail.LongestGapMs);
        output.Say(Words.Get("rehearse.undisturbed", run.End, Units.Duration(run.Took), Units.Duration(gap), run.Reason));
        foreach ((string node, TimeSpan time) in run.OutOfService)
        {
            output.Say(Words.Get("rehearse.out-of-work", node, Units.Duration(time)));
        }

        foreach (Message question in run.Approvals)
        {
            output.Say(Words.Get("rehearse.asks", question));
        }

        if (run.NeedsSomebody && run.Options.Count > 0)
        {
            output.Say(Words.Get("rehearse.can"));
            foreach (HumanOption option in run.Options)
            {
                output.Say(Words.Get("rehearse.option", $"{Command(option.Kind)} {option.Node ?? option.Check}".TrimEnd(), option.Text));
            }
        }
    }

    private static string Command(HumanOptionKind kind) => kind == HumanOptionKind.Continue ? "resume" : kind.ToString().ToLowerInvariant();

    private void SayWithOneFault(IReadOnlyList<RehearsedRun> runs)
    {
        output.Say();
        output.Say(Words.Get("rehearse.with-one", rehearsal.FirstNode));
        output.Table(
            ["fault", "end", "after", "where", "why"],
            [
                .. runs.Select(run => (IReadOnlyList<string>)
                [
                    Words.Get("rehearse.fault." + run.Faults[0]),
                    run.End.ToString(),
                    Units.Duration(run.Took),
                    Where(run),
                    run.NeedsSomebody ? run.Reason : "–",
                ])]);
    }

    private void SayAtRandom(Rehearsals rehearsals)
    {
        if (rehearsals.AtRandom.Count == 0)
        {
            return;
        }

        ILookup<bool, RehearsedRun> runs = rehearsals.AtRandom.ToLookup(run => !run.NeedsSomebody);
        output.Say();
        output.Say(Words.Get(
            "rehearse.at-random", Rehearsals.MostFaults, rehearsals.AtRandom.Count, rehearsals.Seed, runs[true].Count(), runs[false].Count()));
        if (runs[true].Any())
        {
            output.Say(Words.Get("rehearse.range", Units.Duration(runs[true].Min(r => r.Took)), Units.Duration(runs[true].Max(r => r.Took))));
        }

        foreach (IGrouping<string, RehearsedRun> stops in runs[false].GroupBy(Where).OrderByDescending(g => g.Count()))
        {
            string[] faults = [.. stops.SelectMany(r => r.Faults).Distinct().Order(StringComparer.Ordinal)];
            output.Say(Words.Get("rehearse.stops", stops.Count(), stops.Key, string.Join(", ", faults)));
        }
    }
}
