using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>How a driver sleeps, and what of it counts.</summary>
public sealed class RunClockTests
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly ManualTime _time = new();
    private readonly RunClock _clock;

    public RunClockTests() => _clock = new RunClock(_time);

    [Theory]
    [InlineData(2, 2)]
    [InlineData(7, 7)]
    [InlineData(8, 2)]
    [InlineData(30, 2)]
    public async Task A_rest_that_ends_late_counts_as_long_as_it_was_to_be(int seconds, int counted)
    {
        Task rest = _clock.SleepAsync(Rest, [], CancellationToken.None);
        Assert.False(rest.IsCompleted);

        _time.Sleep(TimeSpan.FromSeconds(seconds));

        await rest.WaitAsync(Eventually.Limit);
        Assert.Equal(TimeSpan.FromSeconds(counted), _clock.Now - _clock.Began);
    }

    [Fact]
    public async Task A_call_that_is_over_wakes_the_sleeper_and_what_was_slept_counts()
    {
        TaskCompletionSource call = new();
        Task rest = _clock.SleepAsync(Rest, [new TaskCompletionSource().Task, call.Task], CancellationToken.None);
        _time.Advance(Rest / 2);
        Assert.False(rest.IsCompleted);

        call.SetException(new InvalidOperationException("whoever collects the call hears that"));

        await rest.WaitAsync(Eventually.Limit);
        Assert.Equal(Rest / 2, _clock.Now - _clock.Began);
    }

    [Fact]
    public async Task Who_cancels_wakes_the_sleeper_at_once()
    {
        using CancellationTokenSource cancel = new();
        Task rest = _clock.SleepAsync(Rest, [], cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rest.WaitAsync(Eventually.Limit));
    }
}
