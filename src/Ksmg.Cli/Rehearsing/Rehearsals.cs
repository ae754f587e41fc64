using Ksmg.Simulator;

namespace Ksmg.Cli.Rehearsing;

/// <summary>A plan rehearsed undisturbed, with each fault alone, and with several at random.</summary>
/// <param name="Undisturbed">Nothing goes wrong.</param>
/// <param name="WithOneFault">One thing does.</param>
/// <param name="AtRandom">Up to <see cref="MostFaults"/> do.</param>
/// <param name="Seed">The seed of the first of them; each further one counts on.</param>
internal sealed record Rehearsals(RehearsedRun Undisturbed, IReadOnlyList<RehearsedRun> WithOneFault, IReadOnlyList<RehearsedRun> AtRandom, int Seed)
{
    public const int MostFaults = 3;

    public IEnumerable<RehearsedRun> All => [Undisturbed, .. WithOneFault, .. AtRandom];

    /// <summary>Mail lost or doubled, or anything else that no upgrade may do.</summary>
    public static bool IsBroken(RehearsedRun run) => run.Violations.Count + run.Mail.Lost.Count + run.Mail.Duplicated.Count > 0;

    /// <param name="rehearsal">The plan on its copy.</param>
    /// <param name="times">How often several things go wrong.</param>
    /// <param name="seed">The seed of the first of these times.</param>
    /// <param name="tell">Told before each run how many are done, of how many.</param>
    /// <param name="cancellationToken">Ends it after the run under way.</param>
    public static Rehearsals Run(UpgradeRehearsal rehearsal, int times, int seed, Action<int, int> tell, CancellationToken cancellationToken)
    {
        int done = 0;
        int all = 1 + rehearsal.Faults.Count + times;
        return new Rehearsals(
            Once([]),
            [.. rehearsal.Faults.Select(fault => Once([fault]))],
            [.. Enumerable.Range(0, times).Select(number => Once(rehearsal.Choose(seed + number, MostFaults)))],
            seed);

        RehearsedRun Once(IReadOnlyList<RehearsalFault> faults)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tell(done++, all);
            return rehearsal.Run(faults);
        }
    }
}
