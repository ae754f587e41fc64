using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Fleet.Bells;

/// <summary>The bell of one process, without a database.</summary>
public sealed class QuartzBellTests
{
    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task A_ring_is_heard_at_its_time_and_not_before()
    {
        await using Ringer worker = await Ringer.StartAsync();
        DateTimeOffset at = Now.AddMilliseconds(400);

        await worker.RingAsync("north", at);
        await worker.RingAsync(null);
        await Eventually.TrueAsync(() => worker.Heard.Count == 2);

        Assert.Equal(["fleet-1/", "fleet-1/north"], worker.Heard.Select(h => $"{h.Fleet}/{h.Cluster}"));
        Assert.True(worker.Heard.Last().At >= at, "Heard too early.");
    }

    [Fact]
    public async Task An_earlier_ring_goes_before_a_later_one_and_a_later_one_does_not_put_it_off()
    {
        await using Ringer worker = await Ringer.StartAsync();

        await worker.RingAsync("north", Now.AddHours(2));
        await worker.RingAsync("north", Now.AddMilliseconds(200));
        await worker.RingAsync("north", Now.AddHours(1));
        await Eventually.TrueAsync(() => worker.Count("north") == 1);

        // What was earlier took the place of what was later: there is none left.
        await worker.RingAsync("north", Now.AddHours(-1));
        await Eventually.TrueAsync(() => worker.Count("north") == 2);
    }

    [Fact]
    public async Task A_fault_in_an_answer_ends_no_ring_after_it_and_is_told_once()
    {
        await using Ringer worker = await Ringer.StartAsync();
        worker.Answering = cluster => cluster == "north" ? throw new InvalidOperationException("broken north") : Task.CompletedTask;

        await worker.RingAsync("north");
        await Eventually.TrueAsync(() => worker.Count("north") == 1);
        await worker.RingAsync("south");
        await Eventually.TrueAsync(() => worker.Count("south") == 1);

        await Eventually.TrueAsync(() => worker.Log.Written.Any(line => line.StartsWith("4103", StringComparison.Ordinal)));
        Assert.Equal(1, worker.Count("north"));
        Assert.Contains("broken north", Assert.Single(worker.Log.Written, line => line.StartsWith("4103", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sweeps_come_from_Quartz_and_from_the_worker_itself()
    {
        await using Ringer byQuartz = await Ringer.StartAsync(times: Ringer.QuartzAlone with { Sweep = TimeSpan.FromMilliseconds(50) });
        await using Ringer byItself = await Ringer.StartAsync(times: Ringer.QuartzAlone with { OwnSweep = TimeSpan.FromMilliseconds(50) });

        await Eventually.TrueAsync(() => byQuartz.Sweeps > 3 && byItself.Sweeps > 3);

        Assert.NotNull(byItself.Bell.SweptAt);
        Assert.Null(await byQuartz.Bell.FindTroubleAsync());
    }

    [Fact]
    public async Task Many_rings_at_once_are_all_heard_once()
    {
        await using Ringer worker = await Ringer.StartAsync();
        string[] clusters = [.. Enumerable.Range(1, 300).Select(i => $"cluster {i}")];

        await Task.WhenAll(clusters.Select(c => worker.RingAsync(c)));
        await Eventually.TrueAsync(() => worker.Heard.Count >= clusters.Length);

        Assert.Equal(clusters.Order(), worker.Heard.Select(h => h.Cluster!).Order());
    }
}
