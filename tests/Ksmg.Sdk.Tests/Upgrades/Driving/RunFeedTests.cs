using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>Who watches a run is told how it ends, however long it lasted and however late they look.</summary>
public sealed class RunFeedTests
{
    [Theory]
    [InlineData(UpgradeEventKind.Waiting)]
    [InlineData(UpgradeEventKind.StepFinished)]
    [InlineData(UpgradeEventKind.Notice)]
    public async Task After_any_number_of_events_the_ends_are_still_told(UpgradeEventKind many)
    {
        RunFeed feed = new();
        feed.Publish(Event(UpgradeEventKind.RunStarted, "began"));
        for (int i = 0; i < RunFeed.Most * 2; i++)
        {
            feed.Publish(Event(many, $"{i}"));
        }

        feed.Publish(Event(UpgradeEventKind.Paused, "waits at a gate"));
        feed.Publish(Event(UpgradeEventKind.NeedsHuman, "a human is needed"));
        for (int i = 0; i < RunFeed.Most * 2; i++)
        {
            feed.Publish(Event(UpgradeEventKind.Waiting, $"{i}"));
        }

        feed.Publish(Event(UpgradeEventKind.RunEnded, "it ended"));
        feed.Complete();
        List<UpgradeEvent> seen = await ReadAsync(feed);

        Assert.InRange(seen.Count, 1, RunFeed.Most);
        Assert.Equal(["began", "waits at a gate", "a human is needed", "it ended"],
            seen
                .Where(e => e.Kind is UpgradeEventKind.RunStarted or UpgradeEventKind.Paused or UpgradeEventKind.NeedsHuman or UpgradeEventKind.RunEnded)
                .Select(e => e.Text.ToString()));
        Assert.Equal($"{(RunFeed.Most * 2) - 1}", seen[^2].Text);
    }

    [Fact]
    public async Task A_watcher_that_lags_behind_misses_old_waits_and_nothing_newer()
    {
        RunFeed feed = new();
        feed.Publish(Event(UpgradeEventKind.RunStarted, "began"));
        await using IAsyncEnumerator<UpgradeEvent> watcher = feed.ReadAsync(0, CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await watcher.MoveNextAsync());
        for (int i = 0; i < RunFeed.Most * 3; i++)
        {
            feed.Publish(Event(UpgradeEventKind.Waiting, $"{i}"));
        }

        feed.Publish(Event(UpgradeEventKind.RunEnded, "it ended"));
        feed.Complete();
        List<string> seen = [];
        while (await watcher.MoveNextAsync())
        {
            seen.Add(watcher.Current.Text);
        }

        Assert.Equal("it ended", seen[^1]);
        Assert.Equal($"{(RunFeed.Most * 3) - 1}", seen[^2]);
        Assert.Equal(seen.Count, seen.Distinct().Count());
    }

    [Fact]
    public async Task Progress_replaces_progress_and_who_saw_the_old_sees_the_new()
    {
        RunFeed feed = new();
        await using IAsyncEnumerator<UpgradeEvent> watcher = feed.ReadAsync(0, CancellationToken.None).GetAsyncEnumerator();
        feed.Publish(Event(UpgradeEventKind.StepProgress, "10 %"));
        Assert.True(await watcher.MoveNextAsync());
        feed.Publish(Event(UpgradeEventKind.StepProgress, "20 %"));
        feed.Publish(Event(UpgradeEventKind.StepProgress, "30 %"));
        feed.Complete();

        Assert.True(await watcher.MoveNextAsync());
        Assert.Equal("30 %", watcher.Current.Text);
        Assert.False(await watcher.MoveNextAsync());
        Assert.Equal(["30 %"], (await ReadAsync(feed)).Select(e => e.Text.ToString()));
    }

    private static async Task<List<UpgradeEvent>> ReadAsync(RunFeed feed)
    {
        List<UpgradeEvent> seen = [];
        await foreach (UpgradeEvent e in feed.ReadAsync(0, CancellationToken.None))
        {
            seen.Add(e);
        }

        return seen;
    }

    private static UpgradeEvent Event(UpgradeEventKind kind, string text) =>
        new() { RunId = "r", At = DateTimeOffset.UnixEpoch, Kind = kind, Node = "gw2", Step = StepId.Drain, Text = Message.Said(text) };
}
