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

    public static Rehearsals Run(UpgradeRehearsal rehearsal, int times, int seed, CancellationToken cancellationToken)
    {
        return new Rehearsals(
            Once([]),
            [.. rehearsal.Faults.Select(fault => Once([fault]))],
            [.. Enumerable.Range(0, times).Select(number => Once(rehearsal.Choose(seed + number, MostFaults)))],
            seed);

        RehearsedRun Once(IReadOnlyList<RehearsalFault> faults)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return rehearsal.Run(faults);
        }
    }
}
