using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

public sealed class SimulatorVirtualTimeTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void Timers_fire_in_due_order_and_the_clock_shows_their_time()
    {
        var time = new VirtualTimeProvider();
        DateTimeOffset start = time.GetUtcNow();
        var fired = new List<(string Name, TimeSpan At)>();
        using ITimer late = time.CreateTimer(_ => fired.Add(("late", time.GetUtcNow() - start)), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using ITimer early = time.CreateTimer(_ => fired.Add(("early", time.GetUtcNow() - start)), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        using ITimer dead = time.CreateTimer(_ => fired.Add(("dead", time.GetUtcNow() - start)), null, TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
        dead.Dispose();

        Assert.True(time.AdvanceToNextTimer());
        Assert.True(time.AdvanceToNextTimer());
        Assert.False(time.AdvanceToNextTimer());

        Assert.Equal([("early", TimeSpan.FromSeconds(1)), ("late", TimeSpan.FromSeconds(3))], fired);
    }

    [Fact]
    public void A_periodic_timer_fires_until_it_is_disposed()
    {
        var time = new VirtualTimeProvider();
        int count = 0;
        using (time.CreateTimer(_ => count++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)))
        {
            time.Advance(TimeSpan.FromSeconds(6));
        }

        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(3, count);
        Assert.Equal(TimeSpan.FromSeconds(12), time.GetElapsedTime(0));
    }

    [Fact]
    public void A_task_is_driven_on_the_calling_thread()
    {
        var time = new VirtualTimeProvider();
        var threads = new HashSet<int>();
        int result = time.Run(
            async () =>
            {
                for (int i = 0; i < 3; i++)
                {
                    threads.Add(Environment.CurrentManagedThreadId);
                    await Task.Delay(TimeSpan.FromMinutes(1), time).ConfigureAwait(false);
                }

                return 7;
            },
            Hour);

        Assert.Equal(7, result);
        Assert.Equal([Environment.CurrentManagedThreadId], threads);
        Assert.Equal(TimeSpan.FromMinutes(3), time.Elapsed);
    }

    [Fact]
    public void A_task_that_no_timer_will_end_is_named_stuck()
    {
        var time = new VirtualTimeProvider();
        var never = new TaskCompletionSource();
        InvalidOperationException stuck = Assert.Throws<InvalidOperationException>(() => time.Run(() => never.Task, Hour));
        Assert.Contains("Stuck at 2026-01-05T08:00:00", stuck.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_that_outlasts_the_limit_ends_in_a_timeout()
    {
        var time = new VirtualTimeProvider();
        Assert.Throws<TimeoutException>(() => time.Run(() => Task.Delay(TimeSpan.FromHours(2), time), Hour));
    }

    [Fact]
    public void The_exception_of_a_task_comes_through()
    {
        var time = new VirtualTimeProvider();
        Assert.Throws<FormatException>(() => time.Run(
            async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), time).ConfigureAwait(false);
                throw new FormatException();
            },
            Hour));
    }
}
