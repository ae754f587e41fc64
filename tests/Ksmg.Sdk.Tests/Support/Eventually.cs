namespace Ksmg.Sdk.Tests.Support;

/// <summary>Bounded waiting for what happens on other threads.</summary>
internal static class Eventually
{
    /// <summary>A guard against hanging and nothing else: far beyond what a machine takes that is busy with everything at once.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Moves a manual clock on until a task has ended.</summary>
    public static async Task AdvanceAsync(ManualTime time, TimeSpan step, Task task)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!task.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            time.Advance(step);

            // Not at full speed: a call on its way on a busy machine would be overtaken by its own limit.
            await Task.Delay(TimeSpan.FromMilliseconds(1), limit.Token);
        }
    }

    /// <summary>Waits until something is so.</summary>
    public static Task TrueAsync(Func<bool> condition, string? what = null, TimeSpan? limit = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, limit);

    /// <summary>Waits until something is so that has to be asked for.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, string? what = null, TimeSpan? limit = null)
    {
        using CancellationTokenSource end = new(limit ?? Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(5));
        while (!await condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(end.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Waited in vain until {what ?? "it was so"}.");
            }
        }
    }
}
