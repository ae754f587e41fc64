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
        .AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. FleetClusterFilter.States]);

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

    /// <exception cref="CliException">There is no such wave.</exception>
    public IReadOnlyList<FleetClusterReport> Choose(ParseResult result, FleetReport report)
    {
        if (result.GetValue(_wave) is { } wave && !report.Waves.Any(w => w.Name == wave))
        {
            throw new CliException(ExitCodes.Usage, Words.Get("usage.fleet-wave", wave, string.Join(", ", report.Waves.Select(w => w.Name))));
        }

        FleetClusterFilter filter = new()
        {
            Wave = result.GetValue(_wave),
            State = result.GetValue(_state),
            Labels = [.. (result.GetValue(_labels) ?? []).Select(label => label.Split('=', 2)).Select(l => KeyValuePair.Create(l[0], l[1]))],
            Search = result.GetValue(_search),
        };
        return [.. report.Clusters.Where(filter.Fits)];
    }
}
