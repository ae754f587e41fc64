using System.Diagnostics;
using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// Random runs: random clusters, policies, faults, deaths, rivals. Whatever happens, a run ends in a named state, no mail is lost, and
/// nothing is done that was not announced in the journal before. A seed makes exactly one run.
/// </summary>
[Trait("Category", "Matrix")]
public sealed class RandomRunTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_fault_of_the_simulator_and_of_the_model_is_in_the_table()
    {
        Assert.Equal(Enumerable.Range(1, 44).Select(n => $"F{n}"), RandomCases.Table.Take(44).Select(row => row.F));
        HashSet<string> generated = [.. RandomCases.Table.SelectMany(row => row.Faults).SelectMany(fault => fault.Sample(40)).Select(fault => fault.Fault)];
        Assert.Equal(SimulatedFaults.Names.Order(StringComparer.Ordinal), generated.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_random_runs_found_once_does_not_come_back()
    {
        foreach (RandomCase found in RandomCases.Found)
        {
            new RandomRun(found).Play();
        }
    }

    [Theory]
    [InlineData("clock-skew")]
    [InlineData("service-failed")]
    [InlineData("partition-cluster")]
    [InlineData("sync-fails")]
    public void A_run_answers_for_the_world_up_to_its_end_and_for_nothing_after_it(string fault)
    {
        // The rival comes when all is over: until then time passes, and with it comes the trouble.
        List<UpgradeEnd> ends =
        [
            .. Enumerable.Range(100, 16).Select(second => new RandomRun(RandomCases.Usual(2) with
            {
                Faults = [new TimedFault("any", second, new SimulatedFault { Fault = fault, Node = "gw1" })],
                Mishaps = [new Mishap(MishapKind.HasRival, 150)],
            }).Play()),
        ];

        Assert.Equal(UpgradeEnd.CompletedWithProblems, ends[0]);
        Assert.Equal(UpgradeEnd.Completed, ends[^1]);
        Assert.Equal([UpgradeEnd.CompletedWithProblems, UpgradeEnd.Completed], ends.Distinct());
    }

    [Fact]
    public void Random_runs_end_in_a_named_state_without_lost_mail_or_unannounced_effects()
    {
        int first = Variables.Number("KSMG_SEED", 1);
        int count = Variables.Number("KSMG_RUNS", 500);
        output.WriteLine($"KSMG_SEED={first} KSMG_RUNS={count}");
        int most = Variables.Number("KSMG_FAILURES", 1);
        long started = Stopwatch.GetTimestamp();
        Dictionary<string, int> ends = new(StringComparer.Ordinal);
        List<string> failures = [];
        for (int seed = first; seed < first + count; seed++)
        {
            try
            {
                string end = Run(seed);
                ends[end] = ends.GetValueOrDefault(end) + 1;
            }
            catch (InvalidOperationException e)
            {
                failures.Add(e.Message);
                if (failures.Count == most)
                {
                    break;
                }
            }
        }

        output.WriteLine(
            $"{count} runs in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s: "
            + $"{string.Join(", ", ends.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key} {e.Value}"))}");
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    /// <summary>One run; FsCheck makes it smaller when it fails.</summary>
    internal static string Run(int seed)
    {
        string end = string.Empty;
        Config once = Config.QuickThrowOnFailure.WithMaxTest(1).WithQuietOnSuccess(true)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd((ulong)seed), FSharpOption<int>.Some(50))));
        try
        {
            Check.One(once, Prop.ForAll(RandomCases.All, c => end = new RandomRun(c).Play().ToString()));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Reproduce with: KSMG_SEED={seed} eng/soak.sh 1\n{e.Message}", e);
        }

        return end;
    }
}
