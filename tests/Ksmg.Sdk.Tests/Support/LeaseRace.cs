using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Contenders for the lease of a run, each on a thread of its own, let go at once.</summary>
internal static class LeaseRace
{
    /// <param name="contenders">Who wants it.</param>
    /// <param name="runId">The run.</param>
    /// <param name="pass">Lets some of their time pass; <see langword="null"/>: they need none.</param>
    /// <returns>The lease of the one that got it, and what the others were told.</returns>
    public static async Task<(RunLease Winner, IReadOnlyList<LeaseHeldException> Losers)> RunAsync(
        IReadOnlyList<UpgradeJournal> contenders, string runId, Action? pass = null)
    {
        using Barrier barrier = new(contenders.Count);
        Task<object[]> race = Task.WhenAll(contenders.Select(journal => Task.Factory.StartNew(
            () => ContendAsync(journal), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
        await Eventually.TrueAsync(() =>
        {
            pass?.Invoke();
            return race.IsCompleted;
        });
        object[] ends = await race;
        return (Assert.Single(ends.OfType<RunLease>()), [.. ends.OfType<LeaseHeldException>()]);

        async Task<object> ContendAsync(UpgradeJournal journal)
        {
            Assert.True(barrier.SignalAndWait(Eventually.Limit));
            try
            {
                return await journal.AcquireAsync(runId, TimeSpan.Zero);
            }
            catch (LeaseHeldException refused)
            {
                return refused;
            }
        }
    }
}
