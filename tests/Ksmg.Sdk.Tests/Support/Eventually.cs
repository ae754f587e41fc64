namespace Ksmg.Sdk.Tests.Support;

/// <summary>Bounded waiting for what happens on other threads.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

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
    public static async Task TrueAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
