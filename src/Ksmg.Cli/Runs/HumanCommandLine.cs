using System.Globalization;

namespace Ksmg.Cli.Runs;

/// <summary>How a human takes an option of a run with this program.</summary>
internal static class HumanCommandLine
{
    /// <param name="runId">The run.</param>
    /// <param name="option">The option.</param>
    /// <param name="repeat">The options a person has to repeat to reach the run again.</param>
    public static string Of(string runId, HumanOption option, string repeat)
    {
        string line = option.Kind switch
        {
            HumanOptionKind.Continue => $"ksmg resume {runId}",
            HumanOptionKind.Override => string.Create(
                CultureInfo.InvariantCulture,
                $"ksmg override {runId} {option.Check} --reason \"...\" --until {option.Until?.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"),
            HumanOptionKind.Rollback => $"ksmg rollback {runId} {option.Node ?? "--all"}",
            HumanOptionKind.Approve or HumanOptionKind.Pause or HumanOptionKind.Abort => $"ksmg {Verb(option)} {runId}",
            _ => $"ksmg {Verb(option)} {runId} {option.Node}",
        };
        return line + repeat;
    }

    private static string Verb(HumanOption option) => option.Kind.ToString().ToLowerInvariant();
}
