using System.CommandLine;
using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Fleet;

/// <summary>Which clusters of a fleet are shown.</summary>
internal sealed class FleetFilter
{
    private readonly Option<string?> _wave = new("--wave") { Description = Words.Get("option.fleet-wave"), HelpName = "WAVE" };
    private readonly Option<string?> _state = new Option<string?>("--state")
    {
        Description = Words.Get("option.fleet-state"),
    }
        .AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "waiting", "working", "standing", "over", "failed", "people", "held", "out");

    private readonly Option<string[]> _labels = new("--label") { Description = Words.Get("option.fleet-label"), HelpName = "NAME=VALUE" };
    private readonly Option<string?> _search = new("--search") { Description = Words.Get("option.fleet-search"), HelpName = "TEXT" };

    public void AddTo(Command command)
    {
        command.Add(_wave);
        command.Add(_state);
        command.Add(_labels);
        command.Add(_search);
        command.Validators.Add(result =>
        {
            foreach (string label in (result.GetValue(_labels) ?? []).Where(label => label.IndexOf('=', StringComparison.Ordinal) <= 0))
            {
                result.AddError(Words.Get("usage.fleet-label", label));
            }
        });
    }

    /// <summary>Whether anything is asked for.</summary>
    public bool IsGiven(ParseResult result) =>
        new Option[] { _wave, _state, _labels, _search }.Any(option => result.GetResult(option) is { Implicit: false });

    public IReadOnlyList<FleetClusterReport> Choose(ParseResult result, IEnumerable<FleetClusterReport> clusters) => [.. clusters.Where(c => Fits(result, c))];

    private bool Fits(ParseResult result, FleetClusterReport cluster) =>
        result.GetValue(_wave) is var wave && (wave is null || cluster.Wave == wave)
        && result.GetValue(_state) is var state && (state is null || IsIn(state, cluster))
        && (result.GetValue(_labels) ?? []).All(label => label.Split('=', 2) is [var name, var value] && cluster.Labels.GetValueOrDefault(name) == value)
        && (result.GetValue(_search) is not { } text || Texts(cluster).Any(t => t?.Contains(text, StringComparison.OrdinalIgnoreCase) == true));

    private static IEnumerable<string?> Texts(FleetClusterReport cluster) => [cluster.Name, cluster.RunId, cluster.Reason, .. cluster.Labels.Values];

    private static bool IsIn(string state, FleetClusterReport cluster) => state.ToUpperInvariant() switch
    {
        "WAITING" => cluster.Phase == ClusterPhase.Waiting,
        "WORKING" => cluster.Phase is ClusterPhase.Working or ClusterPhase.Leaving,
        "STANDING" => cluster.Phase == ClusterPhase.Standing,
        "OVER" => cluster.Phase == ClusterPhase.Over,
        "FAILED" => cluster.End is not (null or UpgradeEnd.Completed or UpgradeEnd.Paused or UpgradeEnd.Running),
        "PEOPLE" => cluster.NeedsPeople,
        "HELD" => cluster.IsHeld,
        _ => cluster.IsOut,
    };
}
