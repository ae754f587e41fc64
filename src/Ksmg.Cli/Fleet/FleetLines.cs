using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Fleet;

/// <summary>A fleet as lines for people: waves with counts, and clusters, each on one.</summary>
internal static class FleetLines
{
    public static string Wave(FleetWaveReport wave) => Words.Get(
        "fleet.wave", wave.Name, wave.Over, wave.Clusters, wave.Working, wave.Waiting, wave.Standing, wave.Failures, wave.Out);

    public static string Cluster(FleetClusterReport cluster, ReaderClock clock)
    {
        string why = cluster.Reason is { } reason ? $": {clock.Say(reason)}" : string.Empty;
        return $"{cluster.Name} {State(cluster)}{why}{(cluster.RunId is { } run ? $" [{run}]" : string.Empty)}";
    }

    /// <summary>Who drives the fleet.</summary>
    public static string DrivenBy(string? holder, ReaderClock clock) =>
        holder is null ? Words.Get("fleet.driven-by-nobody") : Words.Get("fleet.driven-by", clock.Say(holder));

    /// <summary>Where a cluster is, in a word.</summary>
    public static string State(FleetClusterReport cluster) => cluster switch
    {
        { IsOut: true } => Words.Get("fleet.state-out"),
        { Phase: ClusterPhase.Waiting, IsHeld: true } => Words.Get("fleet.state-held"),
        { Phase: ClusterPhase.Waiting } => Words.Get("fleet.state-waiting"),
        { Phase: ClusterPhase.Working or ClusterPhase.Leaving } => Words.Get("fleet.state-working"),
        _ => cluster.End?.ToString() ?? cluster.Phase.ToString(),
    };

    /// <summary>Says how the fleet stands, whom it waits for, and what they can type.</summary>
    public static void SayStanding(FleetReport report, FleetHost host, Output output)
    {
        output.SayWrapped($"{report.End}: {output.Clock.Say(report.Reason)}");
        if (report.End is UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman)
        {
            output.Say(DrivenBy(report.Holder, output.Clock));
        }

        foreach (FleetWaveReport wave in report.Waves)
        {
            output.Say(Wave(wave));
        }

        SayNeeds(report, host, output);
    }

    /// <summary>Says that what a person told is kept, and what carries it out where nobody drives the fleet.</summary>
    /// <param name="package">Where the package is.</param>
    /// <param name="repeat">What a person pastes behind a command to reach the fleet again.</param>
    /// <param name="output">Where it is said.</param>
    public static void SayRecorded(string package, string repeat, Output output)
    {
        output.Say(Words.Get("fleet.recorded"));
        output.SayCommand($"ksmg fleet start --package {ShellWord.QuotePath(package)}{repeat}");
    }

    /// <summary>Says what clusters and the fleet need people for, and what they can type.</summary>
    public static void SayNeeds(FleetReport report, FleetHost host, Output output)
    {
        foreach (FleetClusterReport cluster in report.Clusters.Where(c => c.NeedsPeople))
        {
            output.SayZone();
            output.SayWrapped(Cluster(cluster, output.Clock));
            if (cluster.RunId is { } run)
            {
                output.SayCommand($"ksmg explain {run}{host.RunsAgain}");
            }

            output.SayCommand($"ksmg fleet approve {cluster.Name}{host.Repeat}");
            output.SayCommand($"ksmg fleet hold {cluster.Name} --out --reason \"…\"{host.Repeat}");
        }

        if (report.NeedsPeople)
        {
            output.Say(Words.Get("fleet.approve"));
            output.SayCommand($"ksmg fleet approve{host.Repeat}");
        }
    }
}
